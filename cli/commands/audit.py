"""`ringledger audit`: who changed what, in the audit logs of the services."""

import sys
from itertools import chain, islice
from pathlib import Path
from typing import Annotated, Literal

import typer

from cli.asking import Row, answered, moment, said
from cli.failures import BAD_INPUT, fail
from cli.options import AccountOption, JsonLinesOption
from cli.printing import print_lines, print_table, when

BROKEN = 5
EPILOG = (
    "Exit codes: 0 done · 1 a service cannot be reached · 2 what was asked is refused · 5 the chain of entries is "
    "broken."
)
PAGE_MAX = 500
ServiceOption = Annotated[
    Literal["portal", "billing_units", "usage_rating"],
    typer.Option("--service", help="Whose log: portal's is of people and keys."),
]
SinceOption = Annotated[
    str | None, typer.Option("--since", help="From this day or instant on.", show_default="the first entry")
]
UntilOption = Annotated[str | None, typer.Option("--until", help="Before this day or instant.", show_default="now")]
SubjectOption = Annotated[
    str | None, typer.Option("--subject", help="Only of this id, such as a unit's.", show_default=False)
]
CallerOption = Annotated[
    str | None, typer.Option("--caller", help="Only by this person or key.", show_default=False)
]
LimitOption = Annotated[int, typer.Option("--limit", min=1, help="The newest so many.")]
OutOption = Annotated[
    Path | None, typer.Option("--out", help="Write into this file.", show_default="standard output")
]


def register(app: typer.Typer) -> None:
    """Add this group to the application."""
    group = typer.Typer(help="Audit logs: who changed what.", no_args_is_help=True)
    group.command("list", epilog=EPILOG)(list_)
    group.command("export", epilog=EPILOG)(export)
    app.add_typer(group, name="audit")


def list_(
    account: AccountOption,
    service: ServiceOption = "portal",
    since: SinceOption = None,
    until: UntilOption = None,
    subject: SubjectOption = None,
    caller: CallerOption = None,
    limit: LimitOption = 50,
    as_json: JsonLinesOption = False,
) -> None:
    """List the newest entries of a service's audit log, the newest first.

    Examples:

    $ ringledger audit list --account harbour-care

    $ ringledger audit list --account harbour-care --service billing_units --since 2026-10-01 --limit 500 --json
    """
    query = _query(account, since, until, subject, caller)
    entries, broken_at = _newest(service, account, query, limit)
    if as_json:
        print_lines(entries)
    else:
        _print(account, entries)
    if broken_at is not None:
        fail(
            f"entry {broken_at} does not follow from the one before it: a row was changed past the application; "
            "compare with a backup",
            code=BROKEN,
        )


def _newest(service: str, account: str, query: dict[str, str], limit: int) -> tuple[list[Row], int | None]:
    """So many entries, newest first; and the number of one that does not follow from the one before it."""
    from cli.service_api import pages

    entries: list[Row] = []
    with answered():
        for answer in pages("portal", path_of(service), account, query | {"limit": str(min(limit, PAGE_MAX))}):
            entries += answer["data"]
            if answer.get("broken_at") is not None:
                return entries[:limit], answer["broken_at"]
            if len(entries) >= limit:
                break
    return entries[:limit], None


def _print(account: str, entries: list[Row]) -> None:
    print_table(
        ("Entry", "At", "By", "Did", "To"),
        (
            (
                entry["seq"],
                when(entry["at"]),
                f"{entry['caller_kind']} {entry['caller_id']}",
                entry["action"],
                entry["subject"],
            )
            for entry in entries
        ),
        nothing=f"Nothing is in this log of account {account}.",
        right="Entry",
    )


def export(account: AccountOption, service: ServiceOption = "portal", out: OutOption = None) -> None:
    """Write the whole of a service's audit log as JSON lines, each entry with its hash and the one before it.

    Examples:

    $ ringledger audit export --account harbour-care > audit.jsonl

    $ ringledger audit export --account harbour-care --service usage_rating --out audit.jsonl
    """
    from cli.service_api import lines

    found = lines("portal", f"{path_of(service)}/export", account, {})
    with answered():
        if out is None:
            for line in found:
                sys.stdout.write(f"{line}\n")
            return
        # Asked before the file is opened: what is refused leaves a file of that name as it was.
        first = list(islice(found, 1))
        try:
            with out.open("w", encoding="utf-8") as opened:
                opened.writelines(f"{line}\n" for line in chain(first, found))
        except OSError as error:
            fail(f"{out} cannot be written: {error.strerror}; give another path", code=BAD_INPUT)


def path_of(service: str) -> str:
    """Where a service's log is asked for; portal's own has no name in its path."""
    return "/api/v1/audit" if service == "portal" else f"/api/v1/audit/{service.replace('_', '-')}"


def _query(
    account: str, since: str | None, until: str | None, subject: str | None, caller: str | None
) -> dict[str, str]:
    times = {"at[gte]": moment(account, since, "--since"), "at[lt]": moment(account, until, "--until")}
    return said(**times, subject=subject, caller=caller)
