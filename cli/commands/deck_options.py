"""The options by which a command is told what a price deck does not say itself."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from contracts.values.money import CHARGE_SCALE, Rounding

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from services.usage_rating.domain.deck import DeckTerms

PlanIdOption = Annotated[
    str | None, typer.Option("--plan-id", help="Deck: id of the plan.", show_default="the file's name")
]
CurrencyOption = Annotated[str | None, typer.Option("--currency", help="Deck: ISO 4217 code, where it has none.")]
EffectiveFromOption = Annotated[
    str | None,
    typer.Option("--effective-from", help="Deck: day (midnight UTC) or instant, where it has none."),
]
InboundPerMinuteOption = Annotated[
    str | None, typer.Option("--inbound-per-minute", help="Deck: price of inbound calls; none if not given.")
]
InboundFeeOption = Annotated[str, typer.Option("--inbound-connection-fee", help="Deck: fee of an inbound call.")]
InboundInitialOption = Annotated[
    int, typer.Option("--inbound-initial-increment", min=1, max=86400, help="Deck: seconds billed whole.")
]
InboundIncrementOption = Annotated[
    int, typer.Option("--inbound-increment", min=1, max=86400, help="Deck: seconds of every further increment.")
]
RoundingOption = Annotated[Rounding, typer.Option("--rounding", help="Deck: how an amount is rounded once.")]
ScaleOption = Annotated[int, typer.Option("--scale", min=0, max=CHARGE_SCALE, help="Deck: decimals of an amount.")]
AllowOption = Annotated[
    str | None,
    typer.Option(
        "--allow-price-up-to", help="Deck: the greatest price that is meant and has not lost its decimal point."
    ),
]


NameOption = Annotated[
    str | None, typer.Option("--name", help="Deck: the plan's name for people.", show_default="the plan's id")
]
ProfileOption = Annotated[
    str | None,
    typer.Option(
        "--profile", help="Deck: a vendor's layout by name, or a .toml file; `ringledger plans profiles`."
    ),
]
OriginationOption = Annotated[
    str | None,
    typer.Option("--origination", help="Deck of prices by caller: the callers' prefix whose prices are meant."),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeckOptions:
    """The options as typed."""

    plan_id: PlanIdOption = None
    name: NameOption = None
    currency: CurrencyOption = None
    effective_from: EffectiveFromOption = None
    inbound_per_minute: InboundPerMinuteOption = None
    inbound_connection_fee: InboundFeeOption = "0"
    inbound_initial_increment: InboundInitialOption = 1
    inbound_increment: InboundIncrementOption = 1
    rounding: RoundingOption = Rounding.HALF_UP
    scale: ScaleOption = CHARGE_SCALE
    allow_price_up_to: AllowOption = None
    profile: ProfileOption = None
    origination: OriginationOption = None

    def terms(self, deck: Path) -> "DeckTerms":
        """The terms for a deck file. Raises typer.BadParameter naming the option that cannot be read."""
        from services.usage_rating.domain.deck import DeckTerms
        from services.usage_rating.domain.prices import Price
        from services.usage_rating.domain.reading import is_plan_id

        plan_id = self.plan_id if self.plan_id is not None else deck.stem
        if not is_plan_id(plan_id):
            raise typer.BadParameter(
                f"{plan_id!r} is not 1 to 128 visible ASCII characters", param_hint="--plan-id"
            )
        inbound = None
        if self.inbound_per_minute is not None:
            inbound = Price(
                per_minute=_price("--inbound-per-minute", self.inbound_per_minute),
                connection_fee=_price("--inbound-connection-fee", self.inbound_connection_fee),
                initial_increment_s=self.inbound_initial_increment,
                increment_s=self.inbound_increment,
            )
        allowed = self.allow_price_up_to
        return DeckTerms(
            plan_id=plan_id,
            name=plan_id if self.name is None else self.name,
            currency=self.currency,
            effective_from=None if self.effective_from is None else _instant(self.effective_from),
            inbound=inbound,
            rounding=self.rounding,
            scale=self.scale,
            allow_price_up_to=None if allowed is None else _price("--allow-price-up-to", allowed),
        )

    def callers(self) -> str | None:
        """The digits of the callers' prefix that is meant. Raises typer.BadParameter."""
        from services.usage_rating.domain.reading import is_prefix

        if self.origination is None:
            return None
        digits = self.origination.removeprefix("+")
        if not is_prefix(digits):
            raise typer.BadParameter(f"{self.origination!r} is no prefix such as +44", param_hint="--origination")
        return digits


def takes_deck_options(command: Callable[..., None]) -> Callable[..., None]:
    """A command with the parameter `options` becomes one that takes each deck option by itself.

    Typer reads a command's options from its signature, so that is where they are put.
    """
    signature = inspect.signature(command)
    own = [parameter for parameter in signature.parameters.values() if parameter.name != "options"]
    added = [
        inspect.Parameter(each.name, inspect.Parameter.KEYWORD_ONLY, default=each.default, annotation=each.type)
        for each in fields(DeckOptions)
    ]

    @wraps(command)
    def asked(**given: Any) -> None:
        options = DeckOptions(**{each.name: given.pop(each.name) for each in added})
        command(**given, options=options)

    keyword = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own]
    asked.__signature__ = signature.replace(parameters=[*keyword, *added])  # type: ignore[attr-defined]
    asked.__annotations__ = {parameter.name: parameter.annotation for parameter in (*keyword, *added)}
    return asked


def _price(option: str, text: str) -> "Decimal":
    from services.usage_rating.domain.reading import read_price

    price = read_price(text)
    if price is None:
        raise typer.BadParameter(f"{text!r} is not a price such as 0.035", param_hint=option)
    return price


def _instant(text: str) -> "datetime":
    from services.usage_rating.domain.reading import read_instant

    instant = read_instant(text)
    if instant is None:
        raise typer.BadParameter(
            f"{text!r} is neither a day (2026-01-31) nor an instant (2026-01-31T00:00:00Z)",
            param_hint="--effective-from",
        )
    return instant
