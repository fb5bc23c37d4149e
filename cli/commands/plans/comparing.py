"""`ringledger plans diff` and `rates`: what changes from one plan to another, and what a number costs under one."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.commands.deck_options import DeckOptions, takes_deck_options
from cli.commands.plans.options import EVERY_ACCOUNT, AccountOption, JsonOption
from cli.commands.plans.reading import answered, plan_in
from cli.failures import BAD_INPUT, fail
from cli.printing import print_json, print_lines, print_table

if TYPE_CHECKING:
    from services.usage_rating.domain.comparing import PlanDiff
    from services.usage_rating.domain.plan import RatePlan

PlanArgument = Annotated[str, typer.Argument(help="A file, or a version as PLAN@VERSION.", show_default=False)]
VersionArgument = Annotated[
    str, typer.Argument(help="PLAN@VERSION, or PLAN for its newest version.", show_default=False)
]
NumberOption = Annotated[str | None, typer.Option("--number", help="An E.164 number, such as +4930123456.")]
SearchOption = Annotated[str | None, typer.Option("--search", help="Words in the destination's name.")]
ShownOption = Annotated[int, typer.Option("--limit", min=0, help="Show at most so many rates.")]


@takes_deck_options
def diff(
    old: PlanArgument,
    new: PlanArgument,
    options: DeckOptions,
    account: AccountOption = EVERY_ACCOUNT,
    limit: ShownOption = 100,
    as_json: JsonOption = False,
) -> None:
    """Tell what changes from one plan to another: rates added, removed, dearer, cheaper, and everything else.

    Examples:

    $ ringledger plans diff retail@3 retail@4 --account acme

    $ ringledger plans diff retail@4 next.csv --account acme --currency EUR --effective-from 2026-12-01
    """
    from services.usage_rating.domain.comparing import compare

    found = compare(_plan(old, options, account), _plan(new, options, account))
    if as_json:
        print_json(_document(found))
        return
    counts = {kind: sum(change.kind == kind for change in found.rates) for kind in _KINDS}
    typer.echo(", ".join(f"{count:,} {kind}" for kind, count in counts.items() if count) or "No rate differs.")
    settings = [(one.setting, one.was, one.becomes) for one in found.settings]
    if settings:
        print_table(("setting", "was", "becomes"), settings, nothing="")
    rates = [(one.kind, one.prefix, one.destination, one.was, one.becomes) for one in found.rates[:limit]]
    if rates:
        print_table(("change", "prefix", "destination", "was", "becomes"), rates, nothing="")
    if len(found.rates) > limit:
        typer.echo(f"… and {len(found.rates) - limit:,} more; --limit shows more of them, --json all")


def rates(
    plan: VersionArgument,
    number: NumberOption = None,
    search: SearchOption = None,
    account: AccountOption = EVERY_ACCOUNT,
    limit: ShownOption = 100,
    as_json: JsonOption = False,
) -> None:
    """Show what a number costs under a plan: the rate that prices it, the shorter ones beneath; or search by name.

    Examples:

    $ ringledger plans rates retail --number +4915123456 --account acme

    $ ringledger plans rates retail@3 --search mobile --account acme
    """
    from itertools import islice

    from cli.service_api import pages

    if number is not None and search is not None:
        raise typer.BadParameter("give --number or --search, not both")
    path = answered(lambda: _path(plan, account))
    asked = {"number": number} if number is not None else {"search": search or "", "limit": "500"}
    listed = (row for page in pages("usage_rating", f"{path}/rates", account, asked) for row in page["data"])
    found = answered(lambda: list(islice(listed, limit)))
    if as_json:
        print_lines(found)
        return
    columns = ("", "prefix", "destination", "price", "valid from", "valid until")
    rows = [
        (
            "prices it" if row["prices_now"] else "",
            *(row[name] for name in ("prefix", "destination", "price", "valid_from", "valid_until")),
        )
        for row in found
    ]
    print_table(
        columns if number else columns[1:], rows if number else [row[1:] for row in rows], nothing="No rate."
    )


_KINDS = ("added", "removed", "dearer", "cheaper", "changed")


def _document(found: "PlanDiff") -> dict[str, object]:
    rates = [asdict(one) for one in found.rates]
    for one in rates:
        one["valid_from"] = None if one["valid_from"] is None else one["valid_from"].isoformat()
    return {"settings": [asdict(one) for one in found.settings], "rates": rates}


def _plan(name: str, options: DeckOptions, account: str) -> "RatePlan":
    """The plan in a file, or a version that usage_rating holds."""
    from cli.plan_files import is_document
    from cli.service_api import get
    from services.usage_rating.domain.document import parse_document
    from services.usage_rating.domain.problems import Problems

    path = Path(name)
    if path.is_file():
        return plan_in(path, DeckOptions() if is_document(path) else options, None)
    if "@" not in name:
        fail(f"{name}: neither a file nor a version such as retail@3", code=BAD_INPUT)
    answer = answered(lambda: get("usage_rating", _path(name, account), account))
    plan = parse_document(answer["data"])
    assert not isinstance(plan, Problems), f"usage_rating holds a plan that cannot be read: {plan.items[0]}"
    return plan


def _path(name: str, account: str) -> str:
    """Where a version is asked for; a plan's newest where none is said."""
    from urllib.parse import quote

    from cli.plan_activation import list_plans

    plan_id, _, version = name.rpartition("@")
    if not plan_id:
        versions = [plan["version"] for plan in list_plans(account) if plan["plan_id"] == name]
        if not versions:
            fail(f"{name}: no such plan; `ringledger plans list` shows them", code=BAD_INPUT)
        plan_id, version = name, str(max(versions))
    if not (version.isascii() and version.isdigit()):
        fail(f"{name}: {version!r} is no version; write PLAN@3", code=BAD_INPUT)
    return f"/api/v1/plans/{quote(plan_id, safe='')}/versions/{version}"
