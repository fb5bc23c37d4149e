"""The terms of a certificate: everything needed to compute the amount of a call again."""

from typing import Any, TypeAlias

from contracts.values.money import CHARGE_SCALE, Rounding
from services.usage_rating.domain.laying import Step
from services.usage_rating.domain.plan import RatePlan
from services.usage_rating.domain.prices import Price
from services.usage_rating.domain.rating import Rated, ZeroRated

Terms: TypeAlias = dict[str, Any]
"""Fields of a certificate as JSON has them, named as the contract names them; decimals as text."""


def certificate_of_rated(plan: RatePlan, rated: Rated) -> Terms:
    """The certificate of a call this plan version priced."""
    terms: Terms = {
        "charged_duration": rated.charged_duration,
        "billed_s": rated.billed_s,
        "exact": format(rated.exact, "f"),
        "rounding": plan.rounding.value,
        "scale": plan.scale,
        "plan_id": plan.plan_id,
        "plan_version": plan.version,
    }
    if rated.rate is not None:
        terms |= {"prefix": rated.rate.prefix, "destination": rated.rate.destination}
    if rated.steps:
        terms["steps"] = [_step_terms(step) for step in rated.steps]
    return terms | terms_of_price(rated.price) | special_terms(rated)


def terms_of_price(price: Price) -> Terms:
    """What a certificate repeats of a price."""
    terms: Terms = {
        "per_minute": format(price.per_minute, "f"),
        "connection_fee": format(price.connection_fee, "f"),
        "minimum_charge": format(price.minimum_charge, "f"),
        "minimum_s": price.minimum_s,
        "initial_increment_s": price.initial_increment_s,
        "increment_s": price.increment_s,
    }
    if price.fee_as != "addition":
        terms["connection_fee_as"] = price.fee_as
    if price.cost_cap is not None and price.cost_cap.strategy == "free":
        terms["cost_cap"] = format(price.cost_cap.amount, "f")
    return terms


def special_terms(rated: Rated) -> Terms:
    """What few certificates say: that a cap decided, and what was known of the account's numbers."""
    terms: Terms = {}
    if rated.capped:
        terms["capped"] = True
    if rated.numbers.own_kind is not None:
        terms["number_type"] = rated.numbers.own_kind
    if rated.numbers.to_own:
        terms["to_own_number"] = True
    return terms


def certificate_of_zero(zero: ZeroRated) -> Terms:
    """The certificate of a call that costs nothing by rule: no plan had a say in it."""
    return {
        "charged_duration": zero.charged_duration,
        "billed_s": 0,
        "exact": "0",
        "rounding": Rounding.HALF_UP.value,
        "scale": CHARGE_SCALE,
    }


def _step_terms(step: Step) -> Terms:
    terms: Terms = {"from_s": step.from_s, "seconds": step.seconds, "per_minute": step.band.text.decode()}
    return terms if step.window is None else terms | {"window": step.window}
