"""The same jobs on a table, done by the Python package deltalake as its documents recommend."""

import json
import resource
import sys
import time

import pyarrow.parquet
from deltalake import DeltaTable, write_deltalake

name, folder, *rest = sys.argv[1:]
uri = f"{folder}/lake/bench"


def append():
    rows = pyarrow.parquet.read_table(rest[0])
    write_deltalake(uri, rows, mode="append", partition_by=["part"])
    return rows.num_rows


def upsert():
    rows = pyarrow.parquet.read_table(rest[0])
    merge = DeltaTable(uri).merge(
        source=rows,
        # With the partition in the condition it need not read them all where the rows are in one.
        predicate="target.part = source.part AND target.id = source.id",
        source_alias="source",
        target_alias="target",
    )
    told = merge.when_matched_update_all().when_not_matched_insert_all().execute()
    return told["num_target_rows_updated"] + told["num_target_rows_inserted"]


def compact():
    table = DeltaTable(uri)
    rows = table.count()
    table.optimize.compact()
    return rows


def query():
    rows = DeltaTable(uri).to_pyarrow_table(partitions=[("part", "=", "42")], columns=["amount", "text"])
    pyarrow.compute.sum(rows["amount"]), pyarrow.compute.max(rows["text"])
    return rows.num_rows


began = time.perf_counter()
records = {"append": append, "upsert": upsert, "compact": compact, "query": query}[name]()
work = (time.perf_counter() - began) * 1000
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"records": records, "workMs": work, "peakMb": peak}))
