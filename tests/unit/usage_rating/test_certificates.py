"""A certificate written for speed says what its terms say."""

import orjson
from hypothesis import given
from hypothesis import strategies as st

from contracts.events.envelope import to_json
from services.usage_rating.domain.certificate import certificate_of_rated, certificate_of_zero
from services.usage_rating.domain.prices import TimedPrice
from services.usage_rating.domain.rating import Numbers, Rated, rate_call, zero_rated
from services.usage_rating.handlers.certificates import certificate_of, certificate_of_free
from services.usage_rating.handlers.pricing import KeptPlan
from tests.support.builders import a_call, a_plan, a_rate
from tests.unit.usage_rating.test_laying import EARLY, NOON, prices
from tests.unit.usage_rating.worked_cases import WORKED_CASES


@given(early=prices, noon=prices, otherwise=prices, seconds=st.integers(1, 900), to_own=st.booleans())
def test_what_is_written_is_what_the_terms_say(
    early: object, noon: object, otherwise: object, seconds: int, to_own: bool
) -> None:
    timed = TimedPrice(windows=((EARLY, early), (NOON, noon)), otherwise=otherwise)  # type: ignore[arg-type]
    plan = a_plan(a_rate("49", timed), internal=timed)
    kept = KeptPlan(plan, {})
    for at in ("2026-03-02T09:58:00Z", "2026-03-02T10:00:30Z"):
        rated = rate_call(plan, a_call(seconds=seconds, answered=at), Numbers(own_kind="mobile", to_own=to_own))
        assert isinstance(rated, Rated)
        written = orjson.loads(orjson.dumps(certificate_of(kept, rated)))
        assert written == orjson.loads(to_json(certificate_of_rated(plan, rated)))


def test_every_worked_case_is_written_as_its_terms_say() -> None:
    for case in WORKED_CASES:
        rated = rate_call(case.plan, a_call(seconds=case.seconds, to=case.number, answered=case.answered))
        if isinstance(rated, Rated):
            written = orjson.loads(orjson.dumps(certificate_of(KeptPlan(case.plan, {}), rated)))
            assert written == orjson.loads(to_json(certificate_of_rated(case.plan, rated))), case.id


def test_what_costs_nothing_is_written_whatever_its_duration() -> None:
    for call in (a_call(answered=None, seconds=7), a_call(direction="internal", seconds=3)):
        zero = zero_rated(call)
        assert zero is not None
        assert orjson.loads(orjson.dumps(certificate_of_free(zero))) == certificate_of_zero(zero)
