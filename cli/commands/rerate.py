"""`ringledger rerate`: uses priced again, shown before anybody approves it, and posted when somebody has."""

import time
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console

from cli.asking import Row, answered, moment, one, rows
from cli.failures import BAD_INPUT, fail
from cli.options import ACCOUNT_VARIABLE, EPILOG, AccountOption, JsonLinesOption, JsonOption
from cli.printing import print_json, print_lines, print_table, when
from cli.rerating_words import by_parts, print_preview, print_state

PATH = "/api/v1/reratings"
LOOK_EVERY_S = 0.5
IdArgument = Annotated[str, typer.Argument(help="The re-rating's id.", show_default=False)]
AccountOrNone = Annotated[str | None, typer.Option("--account", envvar=ACCOUNT_VARIABLE, help="Whose.")]
FromOption = Annotated[
    str | None, typer.Option("--from", help="Day (midnight in the account's zone) or instant of the first use.")
]
ToOption = Annotated[str | None, typer.Option("--to", help="Day or instant before which the last use is.")]
ReasonOption = Annotated[str | None, typer.Option("--reason", help="Why, for whoever asks later.")]
PlanOption = Annotated[
    str | None, typer.Option("--plan", help="Under this plan's newest version, whatever is activated.")
]
VersionOption = Annotated[int | None, typer.Option("--plan-version", min=1, help="In this version of it.")]
ApproveOption = Annotated[bool, typer.Option("--approve", help="Approve it at once, and follow it to its end.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Preview only; what was asked for is cancelled.")]
ByUnitOption = Annotated[
    bool, typer.Option("--by-unit", help="By billing unit too: asks for every change and charge, which takes time.")
]


def register(app: typer.Typer) -> None:
    """Add this group to the application."""
    group = typer.Typer(help="Price uses again: previewed, approved, posted.", invoke_without_command=True)
    group.callback(epilog=EPILOG)(rerate)
    group.command("list", epilog=EPILOG)(list_)
    group.command("show", epilog=EPILOG)(show)
    group.command("approve", epilog=EPILOG)(approve)
    group.command("cancel", epilog=EPILOG)(cancel)
    app.add_typer(group, name="rerate")


def rerate(
    context: typer.Context,
    account: AccountOrNone = None,
    from_: FromOption = None,
    to: ToOption = None,
    reason: ReasonOption = None,
    plan: PlanOption = None,
    plan_version: VersionOption = None,
    approve_: ApproveOption = False,
    dry_run: DryRunOption = False,
    by_unit: ByUnitOption = False,
    as_json: JsonOption = False,
) -> None:
    """Price the uses of a time again and show what would change. Nothing is posted before somebody approves it.

    Examples:

    $ ringledger rerate --account harbour-care --from 2026-05-01 --to 2026-06-01 --reason "deck of May was wrong"

    $ ringledger rerate --account harbour-care --from 2026-05-01 --to 2026-06-01 --plan retail \\
      --reason "as agreed" --by-unit --dry-run
    """
    if context.invoked_subcommand is not None:
        return
    if account is None or from_ is None or to is None or reason is None:
        fail("say --account, --from, --to and --reason; `ringledger rerate --help` shows how", code=BAD_INPUT)
    if approve_ and dry_run:
        fail("--dry-run posts nothing: leave --approve out, or --dry-run", code=BAD_INPUT)
    wanted: dict[str, Any] = {"reason": reason, "plan_id": plan, "plan_version": plan_version}
    wanted |= {"from_at": moment(account, from_, "--from"), "to_at": moment(account, to, "--to")}
    shown = _follow(account, _post(account, PATH, wanted)["rerating_id"], "previewed")
    parts = by_parts(account, shown, by_unit=by_unit)
    if not as_json:
        print_preview(shown, parts, dry_run=dry_run, approving=approve_)
    if dry_run:
        shown = _post(account, f"{PATH}/{shown['rerating_id']}/cancel", {})
    elif approve_ and shown["changes"]:
        shown = _approve(account, shown["rerating_id"])
        if not as_json:
            print_state(shown)
    if as_json:
        print_json({**shown, **parts, "dry_run": dry_run})


def approve(rerating_id: IdArgument, account: AccountOption, as_json: JsonOption = False) -> None:
    """Approve a re-rating as it was previewed, and follow it until all of it is posted.

    Examples:

    $ ringledger rerate approve 019a0f2c-0000-7000-8000-000000000000 --account harbour-care
    """
    _told(_approve(account, rerating_id), as_json=as_json)


def cancel(rerating_id: IdArgument, account: AccountOption, as_json: JsonOption = False) -> None:
    """Cancel a re-rating that nobody has approved.

    Examples:

    $ ringledger rerate cancel 019a0f2c-0000-7000-8000-000000000000 --account harbour-care
    """
    _told(_post(account, f"{PATH}/{rerating_id}/cancel", {}), as_json=as_json)


def show(
    rerating_id: IdArgument, account: AccountOption, by_unit: ByUnitOption = False, as_json: JsonOption = False
) -> None:
    """Show a re-rating: what it would change, by destination and user, and how far it is.

    Examples:

    $ ringledger rerate show 019a0f2c-0000-7000-8000-000000000000 --account harbour-care --by-unit
    """
    shown = one("usage_rating", f"{PATH}/{rerating_id}", account)
    parts = by_parts(account, shown, by_unit=by_unit)
    if as_json:
        print_json({**shown, **parts})
        return
    print_preview(shown, parts, dry_run=False, approving=True)
    print_state(shown)


def list_(account: AccountOption, as_json: JsonLinesOption = False) -> None:
    """List re-ratings, the newest first.

    Examples:

    $ ringledger rerate list --account harbour-care
    """
    found = rows("usage_rating", PATH, account)
    if as_json:
        print_lines(found)
        return
    print_table(
        ("Asked", "Id", "State", "From", "To", "Changes", "Difference", "Reason"),
        (
            (
                when(row["asked_at"]),
                row["rerating_id"],
                row["state"],
                when(row["from_at"]),
                when(row["to_at"]),
                row["changes"],
                f"{row['difference']} {row['currency']}",
                row["reason"],
            )
            for row in found
        ),
        nothing="Nothing was priced again.",
        right="Changes,Difference",
    )


def _told(shown: Row, *, as_json: bool) -> None:
    if as_json:
        print_json(shown)
    else:
        print_state(shown)


def _approve(account: str, rerating_id: str) -> Row:
    _post(account, f"{PATH}/{rerating_id}/approve", {})
    return _follow(account, rerating_id, "posted")


def _post(account: str, path: str, document: dict[str, Any]) -> Any:
    from cli.service_api import post

    with answered():
        return post("usage_rating", path, account, document)["data"]


def _follow(account: str, rerating_id: str, state: str) -> Row:
    """Wait until it has come so far; on a terminal with how far it is."""
    status = Console(stderr=True).status("asked for")
    with status:
        while True:
            shown: Row = one("usage_rating", f"{PATH}/{rerating_id}", account)
            if shown["state"] == state:
                return shown
            if shown["state"] == "cancelled":
                _cancelled(rerating_id)
            status.update(f"{shown['examined']:,} ratings looked at, {shown['posted']:,} replaced")
            time.sleep(LOOK_EVERY_S)


def _cancelled(rerating_id: str) -> NoReturn:
    fail(f"re-rating {rerating_id} was cancelled meanwhile: nothing was changed", code=BAD_INPUT)
