"""The flights in pandas, judged by a suite of Great Expectations: its complete result has the rows that fail."""

from collections import defaultdict

import great_expectations as gx
import great_expectations.expectations as gxe
import pandas as pd
from measured import measured

AIRPORT = r"^[A-Z]{3}$"
expectations = [
    gxe.ExpectColumnValuesToNotBeNull(column="date"),
    gxe.ExpectColumnValuesToNotBeNull(column="delay"),
    gxe.ExpectColumnValuesToBeBetween(column="delay", min_value=-1440, max_value=2880),
    gxe.ExpectColumnValuesToNotBeNull(column="distance"),
    gxe.ExpectColumnValuesToBeBetween(column="distance", min_value=1, max_value=10_000),
    gxe.ExpectColumnValuesToMatchRegex(column="origin", regex=AIRPORT),
    gxe.ExpectColumnValuesToMatchRegex(column="destination", regex=AIRPORT),
]


def job(source, folder):
    text = pd.read_csv(source, dtype=str, keep_default_na=False)
    typed = text.assign(
        date=pd.to_datetime(text["date"], format="%Y-%m-%d %H:%M:%S", errors="coerce", utc=True),
        delay=pd.to_numeric(text["delay"], errors="coerce").astype("Int64"),
        distance=pd.to_numeric(text["distance"], errors="coerce").astype("Int64"),
        record=text.index,
    )
    context = gx.get_context(mode="ephemeral")
    asset = context.data_sources.add_pandas("files").add_dataframe_asset("flights")
    batch = asset.add_batch_definition_whole_dataframe("whole")
    suite = context.suites.add(gx.ExpectationSuite("flights", expectations=expectations))
    validation = context.validation_definitions.add(gx.ValidationDefinition(name="flights", data=batch, suite=suite))
    told = validation.run(
        batch_parameters={"dataframe": typed},
        result_format={
            "result_format": "COMPLETE",
            "unexpected_index_column_names": ["record"],
            "return_unexpected_index_query": False,
        },
    )
    reasons = defaultdict(list)
    for one in told.results:
        if one.exception_info.get("raised_exception"):
            raise RuntimeError(one.exception_info)
        config = one.expectation_config
        for found in one.result.get("unexpected_index_list") or []:
            reasons[found["record"]].append(f"{config.kwargs['column']}: {config.type}")
    failed = pd.Series(reasons, dtype=object)
    bad = text.loc[failed.index].assign(reasons=failed)
    good = typed.drop(columns="record").drop(failed.index)
    good = good.assign(late=good["delay"] >= 15)
    good.to_parquet(f"{folder}/flights.parquet", index=False)
    bad.to_parquet(f"{folder}/rejected.parquet", index=False)
    return len(good), len(bad)


measured(job)
