"""The flights in PySpark on two threads: read by a schema, with what does not fit it in a column of its own."""

from measured import measured
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

SCHEMA = "date TIMESTAMP, delay BIGINT, distance BIGINT, origin STRING, destination STRING, _corrupt STRING"
AIRPORT = "^[A-Z]{3}$"
java = {}


def job(source, folder):
    spark = (
        SparkSession.builder.master("local[2]")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.ui.enabled", "false")
        .config("spark.log.level", "ERROR")
        .getOrCreate()
    )
    options = {"header": True, "mode": "PERMISSIVE", "timestampFormat": "yyyy-MM-dd HH:mm:ss"}
    rows = spark.read.csv(source, schema=SCHEMA, columnNameOfCorruptRecord="_corrupt", **options)
    rules = {
        "the record does not fit the schema": F.col("_corrupt").isNull(),
        "date: missing": F.col("date").isNotNull(),
        "delay: missing": F.col("delay").isNotNull(),
        "delay: not from -1440 to 2880": F.col("delay").isNull() | F.col("delay").between(-1440, 2880),
        "distance: missing": F.col("distance").isNotNull(),
        "distance: not from 1 to 10000": F.col("distance").isNull() | F.col("distance").between(1, 10_000),
        "origin: not three letters": F.coalesce(F.col("origin").rlike(AIRPORT), F.lit(False)),
        "destination: not three letters": F.coalesce(F.col("destination").rlike(AIRPORT), F.lit(False)),
    }
    said = [F.when(~rule, F.lit(name)) for name, rule in rules.items()]
    # Kept in memory, as the documents want it of what is looked at by the column of corrupt records.
    judged = rows.withColumn("reasons", F.array_compact(F.array(*said))).cache()
    good = judged.where(F.size("reasons") == 0).drop("reasons", "_corrupt")
    good.withColumn("late", F.col("delay") >= 15).write.parquet(f"{folder}/flights")
    judged.where(F.size("reasons") > 0).write.parquet(f"{folder}/rejected")
    counts = tuple(spark.read.parquet(f"{folder}/{name}").count() for name in ("flights", "rejected"))
    jvm = spark.sparkContext._jvm
    java["version"] = jvm.java.lang.System.getProperty("java.version")
    with open(f"/proc/{jvm.java.lang.ProcessHandle.current().pid()}/status") as status:
        java["mb"] = next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))
    spark.stop()
    return counts


measured(job, more=lambda: (java["mb"], f", Java {java['version']}"))
