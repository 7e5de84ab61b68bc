"""The flights in dlt: each record judged by a model of Pydantic, and sent to one of two tables."""

import csv
from datetime import datetime
from typing import Annotated

import dlt
from dlt.sources.filesystem import filesystem
from measured import measured
from pydantic import BaseModel, BeforeValidator, Field, ValidationError

Airport = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
# Without this, Pydantic takes a date that has no time for midnight.
When = Annotated[datetime, BeforeValidator(lambda text: datetime.strptime(text, "%Y-%m-%d %H:%M:%S"))]


class Flight(BaseModel):
    date: When
    delay: Annotated[int, Field(ge=-1440, le=2880)]
    distance: Annotated[int, Field(ge=1, le=10_000)]
    origin: Airport
    destination: Airport


@dlt.transformer
def judged(files, size=10_000):
    for file in files:
        good, bad = [], []
        with file.open() as opened:
            lines = (line.decode() for line in opened)
            for record in csv.DictReader(lines):
                try:
                    row = Flight.model_validate(record).model_dump()
                    good.append({**row, "late": row["delay"] >= 15})
                except ValidationError as error:
                    said = [f"{found['loc'][0]}: {found['msg']}" for found in error.errors()]
                    bad.append({**record, "reasons": "; ".join(said)})
                if len(good) + len(bad) >= size:
                    yield from tables(good, bad)
                    good, bad = [], []
        yield from tables(good, bad)


def tables(good, bad):
    if good:
        yield dlt.mark.with_table_name(good, "flights")
    if bad:
        yield dlt.mark.with_table_name(bad, "rejected")


def job(source, folder):
    at, _, name = source.rpartition("/")
    pipeline = dlt.pipeline(
        "flights",
        pipelines_dir=f"{folder}/pipelines",
        destination=dlt.destinations.filesystem(f"{folder}/tables"),
        dataset_name="lake",
    )
    pipeline.run(filesystem(f"file://{at}", file_glob=name) | judged, loader_file_format="parquet")
    counts = pipeline.last_trace.last_normalize_info.row_counts
    return counts.get("flights", 0), counts.get("rejected", 0)


measured(job)
