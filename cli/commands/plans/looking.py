"""`ringledger plans list` and `profiles`: the plans there are, and the layouts that can be read."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cli.commands.plans.options import EVERY_ACCOUNT, AccountOption, JsonOption
from cli.commands.plans.reading import answered
from cli.failures import BAD_INPUT, fail
from cli.printing import print_json, print_table

ProfileArgument = Annotated[str | None, typer.Argument(help="Print this one, to be saved and adjusted.")]


def list_(account: AccountOption = EVERY_ACCOUNT, as_json: JsonOption = False) -> None:
    """List plans and their versions, newest first: every account's, and those of --account."""
    from cli.plan_activation import list_plans

    plans = answered(lambda: list_plans(account))
    if as_json:
        print_json(plans)
    elif plans:
        Console().print(_table(plans))
    else:
        typer.echo("no plans yet; `ringledger plans import` brings one in")


def profiles(name: ProfileArgument = None) -> None:
    """List the layouts of vendors' decks that `--profile` knows by name, or print one as TOML.

    Examples:

    $ ringledger plans profiles

    $ ringledger plans profiles wholesale > our-carrier.toml
    """
    from cli.decks.profile import SHIPPED, load_profile, shipped_profiles

    known = shipped_profiles()
    if name is None:
        print_table(
            ("profile", "what it reads"), [(each, load_profile(each).about) for each in known], nothing="none"
        )
    elif name in known:
        typer.echo((SHIPPED / f"{name}.toml").read_text("utf-8"), nl=False)
    else:
        fail(f"{name}: no such profile; there are {', '.join(known)}", code=BAD_INPUT)


def _table(plans: Sequence[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("plan", "version", "for", "in force from", "rates", "currency", "name"):
        table.add_column(
            heading, justify="right" if heading in {"version", "rates"} else "left", no_wrap=heading != "name"
        )
    for plan in plans:
        table.add_row(
            escape(plan["plan_id"]),
            str(plan["version"]),
            "every account" if plan["account_id"] == EVERY_ACCOUNT else escape(plan["account_id"]),
            plan["effective_from"].removesuffix("T00:00:00Z"),
            f"{plan['rate_count']:,}",
            plan["currency"],
            escape(plan["name"]),
        )
    return table
