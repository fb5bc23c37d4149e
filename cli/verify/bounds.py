"""Looks through every column of money, instants and days, as the catalog lists them, for what is none."""

from itertools import groupby

from cli.verify.snapshot import Snapshot
from cli.verify.verdict import ROWS_SHOWN, CheckResult

NAME = "amounts and instants"
SENTENCE = "Every amount is a number, every instant and day lies in the years 2000 to 2099."

_OUTSIDE = {
    "numeric": "{column} IN ('NaN', 'Infinity', '-Infinity')",
    "timestamp with time zone": "({column} < '2000-01-01Z' OR {column} >= '2100-01-01Z')",
    "date": "({column} < '2000-01-01' OR {column} >= '2100-01-01')",
}


async def run_bounds_check(snapshot: Snapshot, service: str) -> CheckResult:
    """One pass over each table that has such columns."""
    columns = await snapshot.fetch("list_bounded_columns", service)
    rows: list[dict[str, object]] = []
    offending = 0
    for table, of_table in groupby(columns, key=lambda row: row["table_name"]):
        names = {row["column_name"]: row["kind"] for row in of_table}
        quoted = {name: f'"{name}"' for name in names}
        outside = {name: _OUTSIDE[kind].format(column=quoted[name]) for name, kind in names.items()}
        counts = ", ".join(
            f"count(*) FILTER (WHERE {condition}) AS {quoted[name]}" for name, condition in outside.items()
        )
        found = await snapshot.connection.fetchrow(
            f'SELECT {counts} FROM "{service}"."{table}" WHERE {" OR ".join(outside.values())}'
        )
        wrong = {name: count for name, count in found.items() if count}
        offending += sum(wrong.values())
        rows += [{"table": f"{service}.{table}", "column": name, "rows": count} for name, count in wrong.items()]
    return CheckResult(name=NAME, sentence=SENTENCE, offending=offending, rows=rows[:ROWS_SHOWN], service=service)
