"""Reads Delta tables with delta-rs and prints what it found as JSON: an independent opinion on what we wrote.

With a request as its argument it answers that one; without, it answers each line that it is sent, and writes too, as
another writer beside us does.
"""

import datetime
import decimal
import json
import math
import os
import sys

from deltalake import DeltaTable, QueryBuilder, write_deltalake
import pyarrow


def plain(value):
    if isinstance(value, dict):
        return {name: plain(member) for name, member in value.items()}
    if isinstance(value, (list, tuple)):
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


def versions(request):
    """The rows of every version that the reader finds, by version."""
    found = {}
    for version in request["versions"]:
        reader = QueryBuilder().register("t", DeltaTable(request["uri"], version=version))
        found[version] = rows(reader.execute("SELECT * FROM t").read_all())
    return found


def read(request):
    table = DeltaTable(request["uri"])
    if request["checkpoint"]:
        table.create_checkpoint()
    queries = QueryBuilder().register("t", table)
    return {
        "version": table.version(),
        "rows": rows(queries.execute("SELECT * FROM t").read_all()) if request["rows"] else [],
        "schema": json.loads(table.schema().to_json()),
        "files": sorted(table.file_uris()),
        "description": table.metadata().description,
        "partitionColumns": table.metadata().partition_columns,
        "filtered": [rows(table.to_pyarrow_table(filters=[tuple(f) for f in some])) for some in request["filters"]],
        "queried": [rows(queries.execute(sql).read_all()) for sql in request["queries"]],
        "versions": versions(request),
    }


def append(request):
    """Adds rows; a column that they lack is null."""
    table = DeltaTable(request["uri"])
    schema = pyarrow.schema(table.schema().to_arrow())
    given = [{name: row.get(name) for name in schema.names} for row in request["append"]]
    write_deltalake(table, pyarrow.Table.from_pylist(given, schema=schema), mode="append")


def answer(request):
    if "append" in request:
        append(request)
    if "delete" in request:
        DeltaTable(request["uri"]).delete(request["delete"])
    if request.get("optimize"):
        DeltaTable(request["uri"]).optimize.compact()
    return read(request)


def serve():
    for line in sys.stdin:
        try:
            told = answer(json.loads(line))
        except Exception as error:
            told = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(told), flush=True)


if len(sys.argv) > 1:
    json.dump(answer(json.loads(sys.argv[1])), sys.stdout)
else:
    serve()
# Threads of the packages sometimes end the process with an error when it is taken down.
sys.stdout.flush()
os._exit(0)
