"""`ringledger quote` and `ringledger explain`: what a call would cost, and how one got its price."""

from typing import Annotated, Any

import typer

from cli.asking import answered, moment, one, said
from cli.failures import BAD_INPUT, fail
from cli.options import AccountOption, JsonOption
from cli.printing import print_json, print_table

NOT_PRICED = 1
EPILOG = "Exit codes: 0 it has a price · 1 it would wait for one, or a service cannot be reached · 2 refused."
EXPLAIN_EPILOG = "Exit codes: 0 done · 1 a service cannot be reached · 2 there is no such use."
ToOption = Annotated[str | None, typer.Option("--to", help="The number called, E.164.", show_default=False)]
FromOption = Annotated[
    str | None, typer.Option("--from", help="Inbound: the caller, E.164 or `withheld`.", show_default=False)
]
OwnOption = Annotated[
    str | None, typer.Option("--own-number", help="Inbound: the number dialled.", show_default=False)
]
AtOption = Annotated[
    str, typer.Option("--at", help="When it is answered: an instant, or a day.", show_default=False)
]
SecondsOption = Annotated[int, typer.Option("--seconds", min=0, help="From the answer to the end.")]
ChannelOption = Annotated[
    str | None, typer.Option("--channel", help="manual, click_to_call, dialer or queue_callback.")
]
PlanOption = Annotated[
    str | None, typer.Option("--plan", help="Under this plan instead, as ID or ID@VERSION.", show_default=False)
]


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.command(epilog=EPILOG)(quote)
    app.command(epilog=EXPLAIN_EPILOG)(explain)


def quote(
    account: AccountOption,
    at: AtOption,
    to: ToOption = None,
    caller: FromOption = None,
    own_number: OwnOption = None,
    seconds: SecondsOption = 60,
    channel: ChannelOption = None,
    plan: PlanOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what a call would cost, step by step; nothing is recorded.

    Examples:

    $ ringledger quote --account acme --to +4930123456 --at 2026-11-02T10:00:00+01:00 --seconds 85

    $ ringledger quote --account acme --from +33123456789 --own-number +498001234567 --at 2026-11-02

    $ ringledger quote --account acme --to +4930123456 --at 2026-11-02 --plan retail@3 --json
    """
    from cli.service_api import post

    if (to is None) == (caller is None):
        fail("say either --to, the number called, or --from, who calls", code=BAD_INPUT)
    plan_id, _, version = (plan or "").partition("@")
    if version and not version.isdigit():
        fail(f"--plan is ID or ID@VERSION, not {plan!r}", code=BAD_INPUT)
    body: dict[str, Any] = {
        "direction": "outbound" if caller is None else "inbound",
        "other_party": to or caller,
        "answered_at": moment(account, at, "--at"),
        "duration_ms": seconds * 1000,
        **said(channel=channel, own_number=own_number, plan_id=plan_id),
    }
    if version:
        body["plan_version"] = int(version)
    with answered({"other_party": "--to", "own_number": "--own-number", "plan_id": "--plan"}):
        found = post("usage_rating", "/api/v1/quotes", account, body)["data"]
    if as_json:
        print_json(found)
    else:
        _print_steps(found["steps"])
    if found["outcome"] == "not_priced":
        raise typer.Exit(NOT_PRICED)


def explain(
    usage_id: Annotated[str, typer.Argument(help="The use, as `ringledger verify` and charges name it.")],
    account: AccountOption,
    as_json: JsonOption = False,
) -> None:
    """Say how a call got its price: every rating of it, the newest first.

    Examples:

    $ ringledger explain 0f0c2f0e-3c1b-5d2a-9a52-0a8f6f2d7c11 --account acme
    """
    found = one("usage_rating", f"/api/v1/rated-usage/{usage_id}/explanation", account)
    if as_json:
        print_json(found)
        return
    for rating in found["ratings"]:
        state = "taken back since" if rating["taken_back"] else "holds"
        typer.echo(f"Rating {rating['rating_revision']}, {rating['amount']} {rating['currency']}: {state}")
        _print_steps(rating["steps"])
    if found["waits"] is not None:
        typer.echo(f"Waits for a price: {found['waits']['says']}")


def _print_steps(steps: list[dict[str, Any]]) -> None:
    rows = [(step["step"], step["says"], step["value"] or "") for step in steps]
    print_table(("step", "how it came", "amount"), rows, nothing="No step.", right="amount")
