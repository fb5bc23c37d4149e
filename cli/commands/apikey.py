"""`ringledger apikey`: keys by which machines ask for an account."""

from enum import StrEnum
from typing import Annotated

import typer

from cli.asking import answered, moment, rows, unit_named
from cli.options import EPILOG, AccountOption, JsonLinesOption, JsonOption
from cli.printing import print_json, print_lines, print_table, when

KEYS = "/api/v1/api-keys"


class Scope(StrEnum):
    """What a key may be given; `contracts.values.access.KEY_PRIVILEGES` in the order of how often it is."""

    VIEW_BILLING_UNIT = "view_billing_unit"
    EDIT_BILLING_UNIT = "edit_billing_unit"
    EDIT_BILLING = "edit_billing"
    PUBLISH_EVENTS = "publish_events"


NameOption = Annotated[str, typer.Option("--name", help="What it is for.", show_default=False)]
MayOption = Annotated[
    list[Scope] | None, typer.Option("--may", help="What it may do; may be repeated. Without it, nothing but ask.")
]
UnitOption = Annotated[
    list[str] | None, typer.Option("--unit", help="See only this unit, by name or id; may be repeated.")
]
ExpiresOption = Annotated[
    str | None, typer.Option("--expires", help="Day or instant at which it ends.", show_default="never")
]
KeyArgument = Annotated[str, typer.Argument(help="The key's id, as `apikey list` shows it.", show_default=False)]


def register(app: typer.Typer) -> None:
    """Add this group to the application."""
    group = typer.Typer(help="API keys of machines.", no_args_is_help=True)
    group.command("create", epilog=EPILOG)(create)
    group.command("list", epilog=EPILOG)(list_)
    group.command("revoke", epilog=EPILOG)(revoke)
    app.add_typer(group, name="apikey")


def create(
    name: NameOption,
    account: AccountOption,
    may: MayOption = None,
    unit: UnitOption = None,
    expires: ExpiresOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a key and show it, this once: only its hash is kept.

    Examples:

    $ ringledger apikey create --account harbour-care --name pbx --may publish_events

    $ ringledger apikey create --account harbour-care --name report --may view_billing_unit --unit Claims \\
      --expires 2027-01-01
    """
    from cli.service_api import post

    wanted = {
        "name": name,
        "access_groups": [scope.value for scope in may or ()],
        "units": [unit_named(account, each)["unit_id"] for each in unit] if unit else None,
        "expires_at": moment(account, expires, "--expires"),
    }
    with answered({"expires_at": "--expires"}):
        made = post("portal", KEYS, account, wanted)["data"]
    if as_json:
        print_json(made)
        return
    typer.echo(made["api_key"])
    typer.echo(f"Keep it now: it is not shown again. Its id is {made['key_id']}.", err=True)


def list_(account: AccountOption, as_json: JsonLinesOption = False) -> None:
    """List an account's keys, without anything secret.

    Examples:

    $ ringledger apikey list --account harbour-care

    $ ringledger apikey list --account harbour-care --json | jq 'select(.revoked_at == null)'
    """
    found = rows("portal", KEYS, account)
    if as_json:
        print_lines(found)
        return
    print_table(
        ("Name", "May", "Units", "Expires", "Last used", "Revoked", "Id"),
        (
            (
                row["name"],
                ", ".join(row["access_groups"]) or "nothing",
                "all" if row["units"] is None else len(row["units"]),
                when(row["expires_at"]),
                when(row["last_used_at"]),
                when(row["revoked_at"]),
                row["key_id"],
            )
            for row in found
        ),
        nothing=f"Account {account} has no key; `ringledger apikey create` makes one.",
    )


def revoke(key_id: KeyArgument, account: AccountOption, as_json: JsonOption = False) -> None:
    """End a key: the next request with it is refused.

    Examples:

    $ ringledger apikey revoke 01999c7e-5a1c-7b7e-9d5e-0c6c1f0f7a11 --account harbour-care
    """
    from urllib.parse import quote

    from cli.service_api import post

    with answered():
        ended = post("portal", f"{KEYS}/{quote(key_id, safe='')}/revoke", account, {})["data"]
    if as_json:
        print_json(ended)
    else:
        typer.echo(f"{ended['key_id']} is revoked")
