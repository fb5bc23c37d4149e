"""Writes certificates of calls as JSON; for speed, what a price says is written once and kept with its plan."""

from functools import lru_cache

import orjson

from contracts.events.envelope import to_json
from services.usage_rating.domain.certificate import certificate_of_zero, special_terms, terms_of_price
from services.usage_rating.domain.laying import Step
from services.usage_rating.domain.plan import RatePlan
from services.usage_rating.domain.prices import Price
from services.usage_rating.domain.rating import NOTHING_KNOWN, Rated, ZeroRated
from services.usage_rating.handlers.pricing import KeptPlan


def certificate_of(kept: KeptPlan, rated: Rated) -> orjson.Fragment:
    """The certificate of a priced call, as `certificate_of_rated` has it."""
    price, rate = rated.price, rated.rate
    terms = kept.terms.get(id(price))
    if terms is None:
        terms = kept.terms[id(price)] = _terms(kept.plan, price)
    destination = b""
    if rate is not None:
        destination = b'"prefix":"%b","destination":%b,' % (rate.prefix.encode(), orjson.dumps(rate.destination))
    return orjson.Fragment(
        b'{"charged_duration":"%b","billed_s":%d,"exact":"%b",%b%b%b%b'
        % (
            rated.charged_duration.encode(),
            rated.billed_s,
            format(rated.exact, "f").encode(),
            destination,
            b'"steps":[%b],' % b",".join(map(_step, rated.steps)) if rated.steps else b"",
            _special(rated) if rated.capped or rated.numbers is not NOTHING_KNOWN else b"",
            terms,
        )
    )


def certificate_of_free(outcome: ZeroRated) -> orjson.Fragment:
    """The certificate of a call that costs nothing by rule."""
    return _certificate_of_free(outcome._replace(duration_ms=0))


def _step(step: Step) -> bytes:
    from_s, seconds, band, window = step
    ends = b"}" if window is None else b',"window":%b}' % orjson.dumps(window)
    return b'{"from_s":%d,"seconds":%d,"per_minute":"%b"%b' % (from_s, seconds, band.text, ends)


def _special(rated: Rated) -> bytes:
    """What few certificates say, as fields before the next: `…,`; empty where there is nothing of it."""
    return to_json(terms)[1:-1] + b"," if (terms := special_terms(rated)) else b""


def _terms(plan: RatePlan, price: Price) -> bytes:
    """The rest of a certificate, from its plan on: `…}`."""
    of_plan = {
        "plan_id": plan.plan_id,
        "plan_version": plan.version,
        "rounding": plan.rounding.value,
        "scale": plan.scale,
    }
    return to_json(of_plan | terms_of_price(price))[1:]


@lru_cache(maxsize=8)
def _certificate_of_free(outcome: ZeroRated) -> orjson.Fragment:
    return orjson.Fragment(to_json(certificate_of_zero(outcome)))
