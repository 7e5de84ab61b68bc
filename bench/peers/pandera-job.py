"""The flights in pandas, judged by a schema of pandera as a whole: its failure cases say which rows, and why."""

import pandas as pd
import pandera.pandas as pa
from measured import measured

airport = pa.Column(str, pa.Check.str_matches(r"^[A-Z]{3}$"))
schema = pa.DataFrameSchema(
    {
        "date": pa.Column("datetime64[us, UTC]"),
        "delay": pa.Column("Int64", pa.Check.in_range(-1440, 2880)),
        "distance": pa.Column("Int64", pa.Check.in_range(1, 10_000)),
        "origin": airport,
        "destination": airport,
    }
)


def job(source, folder):
    text = pd.read_csv(source, dtype=str, keep_default_na=False)
    typed = text.assign(
        date=pd.to_datetime(text["date"], format="%Y-%m-%d %H:%M:%S", errors="coerce", utc=True).dt.as_unit("us"),
        delay=pd.to_numeric(text["delay"], errors="coerce").astype("Int64"),
        distance=pd.to_numeric(text["distance"], errors="coerce").astype("Int64"),
    )
    try:
        good, bad = schema.validate(typed, lazy=True), text[:0]
    except pa.errors.SchemaErrors as errors:
        cases = errors.failure_cases
        if cases["index"].isna().any():
            raise
        reasons = (cases["column"] + ": " + cases["check"]).groupby(cases["index"]).agg(list)
        bad = text.loc[reasons.index].assign(reasons=reasons)
        good = typed.drop(reasons.index)
    good = good.assign(late=good["delay"] >= 15)
    good.to_parquet(f"{folder}/flights.parquet", index=False)
    bad.to_parquet(f"{folder}/rejected.parquet", index=False)
    return len(good), len(bad)


measured(job)
