"""The terms of a certificate: everything needed to compute the amount of a call again."""

from decimal import Decimal
from typing import NotRequired, TypedDict

from contracts.values.money import CHARGE_SCALE, Rounding
from services.usage_rating.domain.plan import Price, RatePlan
from services.usage_rating.domain.rating import ChargedDuration, Rated, ZeroRated


class CertificateTerms(TypedDict):
    """The fields of a certificate, named as the contract names them: `Certificate(**terms)`."""

    charged_duration: ChargedDuration
    billed_s: int
    exact: Decimal
    rounding: str
    scale: int
    plan_id: NotRequired[str]
    plan_version: NotRequired[int]
    prefix: NotRequired[str | None]
    destination: NotRequired[str | None]
    per_minute: NotRequired[Decimal]
    connection_fee: NotRequired[Decimal]
    minimum_charge: NotRequired[Decimal]
    minimum_s: NotRequired[int]
    initial_increment_s: NotRequired[int]
    increment_s: NotRequired[int]


def certificate_of_rated(plan: RatePlan, rated: Rated) -> CertificateTerms:
    """The certificate of a call this plan version priced."""
    price, rate = rated.price, rated.rate
    return {
        "charged_duration": rated.charged_duration,
        "billed_s": rated.billed_s,
        "exact": rated.exact,
        "rounding": plan.rounding.value,
        "scale": plan.scale,
        "plan_id": plan.plan_id,
        "plan_version": plan.version,
        "prefix": None if rate is None else rate.prefix,
        "destination": None if rate is None else rate.destination,
        "per_minute": price.per_minute,
        "connection_fee": price.connection_fee,
        "minimum_charge": price.minimum_charge,
        "minimum_s": price.minimum_s,
        "initial_increment_s": price.initial_increment_s,
        "increment_s": price.increment_s,
    }


def terms_of_price(price: Price) -> dict[str, str | int]:
    """What a certificate repeats of a price, decimals as text."""
    return {
        "per_minute": format(price.per_minute, "f"),
        "connection_fee": format(price.connection_fee, "f"),
        "minimum_charge": format(price.minimum_charge, "f"),
        "minimum_s": price.minimum_s,
        "initial_increment_s": price.initial_increment_s,
        "increment_s": price.increment_s,
    }


def certificate_of_zero(zero: ZeroRated) -> CertificateTerms:
    """The certificate of a call that costs nothing by rule: no plan had a say in it."""
    return {
        "charged_duration": zero.charged_duration,
        "billed_s": 0,
        "exact": Decimal(0),
        "rounding": Rounding.HALF_UP.value,
        "scale": CHARGE_SCALE,
    }
