"""Reads Delta tables with Spark and prints what it found as JSON: a second independent opinion on what we wrote.

Answers each line that it is sent: a table and the versions to read. The first line that it prints says that it is ready.
"""

import datetime
import decimal
import json
import sys

from delta import configure_spark_with_delta_pip
from pyspark.sql import Row, SparkSession

builder = (
    SparkSession.builder.master("local[2]")
    .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
    .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
    .config("spark.sql.session.timeZone", "UTC")
    .config("spark.sql.warehouse.dir", sys.argv[1])
    .config("spark.sql.shuffle.partitions", "1")
    .config("spark.databricks.delta.snapshotPartitions", "1")
    .config("spark.driver.bindAddress", "127.0.0.1")
    .config("spark.driver.host", "127.0.0.1")
    .config("spark.ui.enabled", "false")
)


def plain(value):
    if isinstance(value, Row):
        return {name: plain(member) for name, member in value.asDict().items()}
    if isinstance(value, list):
        return [plain(member) for member in value]
    if isinstance(value, bool):
        return value
    if isinstance(value, int) and abs(value) > 2**53:
        return str(value)
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, datetime.datetime):
        utc = value.astimezone(datetime.timezone.utc)
        return utc.isoformat(timespec="microseconds").replace("+00:00", "Z")
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, (bytes, bytearray)):
        return value.hex()
    return value


def version_of(spark, uri, version):
    table = spark.read.format("delta").option("versionAsOf", version).load(uri)
    rows = [plain(row) for row in table.collect()]
    return {"rows": rows, "schema": json.loads(table.schema.json())["fields"]}


def serve(spark):
    print("ready", flush=True)
    for line in sys.stdin:
        try:
            request = json.loads(line)
            told = {version: version_of(spark, request["uri"], version) for version in request["versions"]}
        except Exception as error:
            told = {"error": f"{type(error).__name__}: {str(error)[:2000]}"}
        print(json.dumps(told), flush=True)


serve(configure_spark_with_delta_pip(builder).getOrCreate())
