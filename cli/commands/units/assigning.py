"""`ringledger units assign` and `release`: who is in a billing unit, from when until when."""

from typing import Annotated, Any

import typer

from cli.asking import Options, Row, in_options, moment, unit_named
from cli.commands.units.looking import KindOption, current
from cli.failures import BAD_INPUT, INFRASTRUCTURE, fail
from cli.moves import merged, print_preview
from cli.options import AccountOption, DryRunOption, FromOption, JsonOption, UnitArgument, UntilOption
from cli.printing import print_json, when

ROWS_SHOWN = 20
ASSIGNING = {"from_at": "--from", "until_at": "--until"}
RELEASING = {"from_at": "its beginning", "until_at": "--at"}
Members = list[str] | None
NumberOption = Annotated[Members, typer.Option("--number", help="A number, like +442079460018; may be repeated.")]
UserOption = Annotated[Members, typer.Option("--user", help="A user's id; may be repeated.")]
TeamOption = Annotated[Members, typer.Option("--team", help="A team's id; may be repeated.")]
WeightOption = Annotated[
    int, typer.Option("--weight", min=1, max=1_000_000, help="Share under the policy `weighted`.")
]
PrimaryOption = Annotated[bool, typer.Option("--primary", help="Takes all under the policy `primary`.")]
MemberArgument = Annotated[str, typer.Argument(help="A number, a user's id or a team's id.", show_default=False)]


def assign(
    unit: UnitArgument,
    account: AccountOption,
    number: NumberOption = None,
    user: UserOption = None,
    team: TeamOption = None,
    from_: FromOption = None,
    until: UntilOption = None,
    weight: WeightOption = 1,
    primary: PrimaryOption = False,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Put numbers, users and teams into a billing unit, all of them or none.

    Examples:

    $ ringledger units assign Claims --account harbour-care --number +442079460018 --dry-run

    $ ringledger units assign Claims --account harbour-care --user ada --team evening --from 2026-10-01

    With --from in the past the charges of since then move with their number or user.
    """
    found = unit_named(account, unit)
    wanted = {
        "numbers": number or [],
        "users": user or [],
        "teams": team or [],
        "from_at": moment(account, from_, "--from"),
        "until_at": moment(account, until, "--until"),
        "weight": weight,
        "primary": primary,
    }
    if not (number or user or team):
        fail("name at least one --number, --user or --team", code=BAD_INPUT)
    path = f"/api/v1/billing-units/{found['unit_id']}/members"
    made = _asked(f"{path}/preview" if dry_run else path, account, wanted, ASSIGNING)
    if dry_run:
        print_preview(account, made, as_json=as_json)
    elif as_json:
        print_json(made)
    else:
        typer.echo(
            f"{made['assigned']:,} assigned to {found['name']}; charges of before, if any, are being put right"
        )


def release(
    unit: UnitArgument,
    member: MemberArgument,
    account: AccountOption,
    kind: KindOption = None,
    at: Annotated[str | None, typer.Option("--at", help="Day or instant at which.", show_default="now")] = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Take a number, user or team out of a billing unit; earlier use stays with the unit.

    Examples:

    $ ringledger units release Claims +442079460018 --account harbour-care --dry-run

    $ ringledger units release Claims ada --account harbour-care --at 2026-11-01
    """
    found = unit_named(account, unit)
    until_at = moment(account, at, "--at")
    assignment = _assignment_of(account, found, member, kind)
    path = f"/api/v1/assignments/{assignment['assignment_id']}/release"
    made = _asked(f"{path}/preview" if dry_run else path, account, {"until_at": until_at}, RELEASING)
    if dry_run:
        print_preview(account, merged([made]), as_json=as_json)
    elif as_json:
        print_json(made)
    else:
        typer.echo(f"{member} is out of {found['name']} from {when(made['until_at'])} on")


def _assignment_of(account: str, unit: Row, member: str, kind: str | None) -> Row:
    """The one assignment that is meant, of those that hold now or later."""
    found = [
        row
        for row in current(account, unit["unit_id"], None, future=True)
        if row["member"] == member and kind in (None, row["member_kind"])
    ]
    if not found:
        fail(
            f"{member} is not in {unit['name']}; `ringledger units members` shows who is, and phone numbers are "
            "written as +442079460018",
            code=BAD_INPUT,
        )
    if len({row["member_kind"] for row in found}) > 1:
        fail(f"both a user and a team of {unit['name']} are called {member}: say which with --kind", code=BAD_INPUT)
    return min(found, key=lambda row: row["from_at"])


def _asked(path: str, account: str, wanted: dict[str, Any], options: Options) -> Any:
    """What billing_units answers; of a list that it refuses, each row that stands against it is told first."""
    from cli.service_api import Refused, post
    from cli.stack.processes import StackError

    try:
        return post("billing_units", path, account, wanted)["data"]
    except Refused as error:
        refused = refused_rows(error.rows)
        for row in refused[:ROWS_SHOWN] if len(error.rows) > 1 else ():
            typer.echo(f"{row['kind']} {row['value']}: {row['detail']}", err=True)
        fail(in_options(str(error), options), code=BAD_INPUT)
    except StackError as error:
        fail(str(error), code=INFRASTRUCTURE)


def refused_rows(rows: "tuple[Row, ...]") -> list[Row]:
    """The rows that stand against a list."""
    return [row for row in rows if row["code"] not in ("ok", "repeated")]
