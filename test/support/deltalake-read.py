"""Reads a Delta table with delta-rs and prints what it found as JSON: an independent opinion on what we wrote."""

import datetime
import decimal
import json
import math
import sys

from deltalake import DeltaTable, QueryBuilder
import pyarrow


def plain(value):
    if isinstance(value, dict):
        return {name: plain(member) for name, member in value.items()}
    if isinstance(value, list):
        return [plain(member) for member in value]
    if isinstance(value, bool):
        return value
    if isinstance(value, int) and abs(value) > 2**53:
        return str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, datetime.datetime):
        utc = value.astimezone(datetime.timezone.utc)
        return utc.isoformat(timespec="microseconds").replace("+00:00", "Z")
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    return value


def rows(table):
    return plain(pyarrow.table(table).to_pylist())


def versions(uri):
    """The rows of every version that the reader finds, by version."""
    found = {}
    for version in request["versions"]:
        reader = QueryBuilder().register("t", DeltaTable(uri, version=version))
        found[version] = rows(reader.execute("SELECT * FROM t").read_all())
    return found


request = json.loads(sys.argv[1])
table = DeltaTable(request["uri"])
if request["checkpoint"]:
    table.create_checkpoint()
queries = QueryBuilder().register("t", table)
answer = {
    "version": table.version(),
    "rows": rows(queries.execute("SELECT * FROM t").read_all()) if request["rows"] else [],
    "schema": json.loads(table.schema().to_json()),
    "files": sorted(table.file_uris()),
    "description": table.metadata().description,
    "partitionColumns": table.metadata().partition_columns,
    "filtered": [rows(table.to_pyarrow_table(filters=[tuple(f) for f in some])) for some in request["filters"]],
    "queried": [rows(queries.execute(sql).read_all()) for sql in request["queries"]],
    "versions": versions(request["uri"]),
}
json.dump(answer, sys.stdout)
