"""What a change would move, as a command shows it: from unit to unit, and what that makes for each."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import typer

from cli.asking import one
from cli.printing import print_json, print_table

UNASSIGNED = "Unassigned"
Preview = Mapping[str, Any]


def merged(previews: Iterable[Preview]) -> dict[str, Any]:
    """Several previews as one: complete only where each is."""
    listed = list(previews)
    return {
        "examined": sum(preview["examined"] for preview in listed),
        "moved": sum(preview["moved"] for preview in listed),
        "complete": all(preview["complete"] for preview in listed),
        "moves": [move for preview in listed for move in preview["moves"]],
    }


def net_by_unit(moves: Sequence[Mapping[str, Any]]) -> dict[tuple[str | None, str], Decimal]:
    """What each unit would owe more or less, by unit and currency; None is *Unassigned*."""
    net: dict[tuple[str | None, str], Decimal] = defaultdict(Decimal)
    for move in moves:
        amount, currency = Decimal(move["amount"]), move["currency"]
        net[move["from_unit_id"], currency] -= amount
        net[move["to_unit_id"], currency] += amount
    return dict(net)


def print_preview(account: str, preview: Preview, *, as_json: bool) -> None:
    """What would move, and that nothing was changed."""
    net = net_by_unit(preview["moves"])
    if as_json:
        by_unit = [
            {"unit_id": unit, "currency": currency, "net": f"{amount:f}"}
            for (unit, currency), amount in net.items()
        ]
        print_json({"dry_run": True, **preview, "net_by_unit": by_unit})
        return
    names = {unit: _name(account, unit) for unit, _ in net}
    print_table(
        ("From", "To", "Booked in", "Uses", "Amount"),
        (
            (
                names[move["from_unit_id"]],
                names[move["to_unit_id"]],
                move["booked_period"],
                move["ratings"],
                f"{Decimal(move['amount']):,f} {move['currency']}",
            )
            for move in preview["moves"]
        ),
        nothing="No cost that is already charged would move.",
        right="Uses,Amount",
    )
    for (unit, currency), amount in net.items():
        if amount:
            typer.echo(f"{names[unit]} would owe {abs(amount):,f} {currency} {'more' if amount > 0 else 'less'}")
    if not preview["complete"]:
        typer.echo("More than can be looked at beforehand: the cost that really moves is larger.")
    typer.echo("Nothing was changed: this was a dry run.")


def _name(account: str, unit_id: str | None) -> str:
    if unit_id is None:
        return UNASSIGNED
    return str(one("billing_units", f"/api/v1/billing-units/{unit_id}", account)["name"])
