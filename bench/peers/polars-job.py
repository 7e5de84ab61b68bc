"""The flights in polars: scanned as text, cast without strictness, and streamed to two files of Parquet."""

import polars as pl
from measured import measured

AIRPORT = r"^[A-Z]{3}$"


def job(source, folder):
    text = pl.scan_csv(source, infer_schema=False)
    date = pl.col("date").str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False, time_zone="UTC")
    delay = pl.col("delay").cast(pl.Int64, strict=False)
    distance = pl.col("distance").cast(pl.Int64, strict=False)
    rules = {
        "date: not YYYY-MM-DD HH:mm:ss": date.is_not_null(),
        "delay: not a whole number": delay.is_not_null(),
        "delay: not from -1440 to 2880": delay.is_between(-1440, 2880) | delay.is_null(),
        "distance: not a whole number": distance.is_not_null(),
        "distance: not from 1 to 10000": distance.is_between(1, 10_000) | distance.is_null(),
        "origin: not three letters": pl.col("origin").str.contains(AIRPORT),
        "destination: not three letters": pl.col("destination").str.contains(AIRPORT),
    }
    passes = pl.all_horizontal([rule.fill_null(False) for rule in rules.values()])
    good = text.filter(passes).with_columns(date, delay, distance).with_columns(late=pl.col("delay") >= 15)
    said = [pl.when(~rule.fill_null(False)).then(pl.lit(name)) for name, rule in rules.items()]
    bad = text.filter(~passes).with_columns(reasons=pl.concat_list(said).list.drop_nulls())
    files = [f"{folder}/flights.parquet", f"{folder}/rejected.parquet"]
    sinks = [rows.sink_parquet(file, lazy=True) for rows, file in zip([good, bad], files)]
    pl.collect_all(sinks, engine="streaming")
    return tuple(pl.scan_parquet(file).select(pl.len()).collect().item() for file in files)


measured(job)
