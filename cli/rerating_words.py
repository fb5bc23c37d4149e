"""A re-rating in words and tables: how much would change, for which destinations, users and units."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import typer

from cli.asking import Row, names_of_units, rows, said
from cli.printing import print_table, when

SHOWN_MAX = 20
UNASSIGNED = "Unassigned"
Parts = Mapping[str, Sequence[Row]]


def by_parts(account: str, shown: Row, *, by_unit: bool) -> dict[str, Any]:
    """The sums of its changes; with those of units, how many changes are in none because no charge stands yet."""
    path = f"/api/v1/reratings/{shown['rerating_id']}/totals"
    parts: dict[str, Any] = {
        f"by_{kind}": list(rows("usage_rating", path, account, said(by=kind)))
        for kind in ("destination", "user", "reason")
    }
    if by_unit:
        from cli.rerating_units import changes_by_unit

        names = names_of_units(account)
        sums, missing = changes_by_unit(account, shown)
        parts["by_unit"] = [{"name": names.get(str(one["unit_id"]), UNASSIGNED), **one} for one in sums]
        parts["not_charged_yet"] = missing
    return parts


def print_preview(shown: Row, parts: Mapping[str, Any], *, dry_run: bool, approving: bool) -> None:
    """What would change, in words first."""
    currency, changes = shown["currency"], shown["changes"]
    typer.echo(
        f"Re-rating {shown['rerating_id']}: uses from {when(shown['from_at'])} to {when(shown['to_at'])}, "
        f"{shown['examined']:,} ratings looked at."
    )
    typer.echo(f"Priced by {_course(shown)}.")
    if changes:
        typer.echo(
            f"{changes:,} would change: {_amount(shown['amount_before'])} would become "
            f"{_amount(shown['amount_after'])} {currency}, {_more(shown['difference'], currency)}."
        )
    else:
        typer.echo("Nothing would change.")
    for title, name in (("Destination", "by_destination"), ("User", "by_user"), ("Unit", "by_unit")):
        if changes and name in parts:
            _print_part(title, parts[name], currency)
    if parts.get("not_charged_yet"):
        typer.echo(f"{parts['not_charged_yet']:,} of them are not charged to a unit yet.")
    for reason in parts["by_reason"]:
        typer.echo(f"{reason['changes']:,} cannot be priced again ({reason['name']}) and stay as they are.")
    if dry_run:
        typer.echo("Nothing was changed: this was a dry run.")
    elif changes and not approving:
        typer.echo(f"Nothing is changed yet: `ringledger rerate approve {shown['rerating_id']}` posts this.")


def print_state(shown: Row) -> None:
    """How far it is, and in whose name."""
    told = f"It is {shown['state']}"
    if shown["approved_by"] is not None:
        told += f", approved by {shown['approved_by']} at {when(shown['approved_at'])}"
        told += f"; {shown['posted']:,} of {shown['changes']:,} are replaced"
    typer.echo(f"{told}.")
    if shown["skipped"]:
        typer.echo(f"{shown['skipped']:,} had changed meanwhile and were left alone: ask for another to see them.")


def _print_part(title: str, sums: Sequence[Row], currency: str) -> None:
    largest = sorted(sums, key=lambda row: abs(_difference(row)), reverse=True)
    print_table(
        (title, "Uses", f"Before {currency}", "After", "Difference"),
        (
            (
                row["name"] or "–",
                row["changes"],
                _amount(row["amount_before"]),
                _amount(row["amount_after"]),
                f"{_difference(row):+,f}",
            )
            for row in largest[:SHOWN_MAX]
        ),
        nothing="",
        right=f"Uses,Before {currency},After,Difference",
    )
    if len(largest) > SHOWN_MAX:
        typer.echo(f"and {len(largest) - SHOWN_MAX:,} more, each with a smaller difference (--json has them all)")


def _difference(row: Row) -> Decimal:
    return Decimal(row["amount_after"]) - Decimal(row["amount_before"])


def _course(shown: Row) -> str:
    if not shown["course"]:
        return "no plan: none is active then"
    return ", then ".join(
        f"plan {one['plan_id']} version {one['plan_version']} from {when(one['effective_at'])}"
        for one in shown["course"]
    )


def _amount(text: str) -> str:
    return f"{Decimal(text):,f}"


def _more(difference: str, currency: str) -> str:
    amount = Decimal(difference)
    if not amount:
        return "the same in all"
    return f"{abs(amount):,f} {currency} {'more' if amount > 0 else 'less'}"
