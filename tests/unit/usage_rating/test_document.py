"""The plan document: it survives the way there and back, and what it cannot rate it refuses by name."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.values.money import Rounding
from services.usage_rating.domain.document import canonical_text, digest_of, to_document
from services.usage_rating.domain.plan import Rate, RatePlan, inbound_at
from services.usage_rating.domain.reading import plain
from tests.support.builders import a_plan, a_price, a_rate, an_instant
from tests.unit.usage_rating.documents import a_document, parsed, refused


def test_a_document_becomes_the_plan_it_states() -> None:
    land = a_price("0.2", fee="0.1", initial_s=30, increment_s=6, minimum_s=12, minimum_charge="0.05")
    assert parsed(a_document()) == RatePlan(
        plan_id="retail",
        version=3,
        name="Retail · été",
        currency="EUR",
        effective_from=an_instant("2025-12-31T23:00:00Z"),
        rounding=Rounding.UP,
        scale=4,
        inbound=inbound_at(a_price("0.01", initial_s=60, increment_s=60)),
        rates=(
            Rate(prefix="4930", destination="Berlin", price=land),
            Rate(
                prefix="49",
                destination="Germany",
                country="DE",
                price=land,
                valid_from=an_instant("2026-01-01"),
                valid_until=an_instant("2026-06-01"),
            ),
        ),
    )


money = st.decimals(min_value=0, max_value=999, places=6).map(plain)
prices = st.builds(
    lambda per_minute, fee, minimum, increments: a_price(
        str(per_minute),
        fee=str(fee),
        minimum_charge=str(minimum),
        initial_s=increments[0],
        increment_s=increments[1],
    ),
    money,
    money,
    money,
    st.sampled_from([(1, 1), (60, 1), (60, 60), (6, 30)]),
)


@given(
    rates=st.dictionaries(st.text("0123456789", min_size=1, max_size=15), prices, max_size=6),
    inbound=st.none() | prices.map(inbound_at),
    mode=st.sampled_from(Rounding),
    scale=st.integers(0, 6),
)
def test_any_plan_survives_its_own_document_and_the_text_is_canonical(
    rates: dict[str, Any], inbound: Any, mode: Rounding, scale: int
) -> None:
    plan = a_plan(
        a_rate("99", valid_until="2000-01-01"),
        *(a_rate(prefix, price, valid_from="2026-01-01") for prefix, price in rates.items()),
        inbound=inbound,
        rounding=mode,
        scale=scale,
    )
    text = canonical_text(plan)
    again = parsed(json.loads(text))
    assert set(again.rates) == set(plan.rates)
    assert (again.inbound, again.rounding, again.scale) == (inbound, mode, scale)
    assert canonical_text(again) == text
    turned = a_plan(*reversed(plan.rates), inbound=inbound, rounding=mode, scale=scale)
    assert digest_of(canonical_text(turned)) == digest_of(text)


def test_the_canonical_document_leaves_out_what_is_at_its_default() -> None:
    document = to_document(a_plan(a_rate("49", a_price("0.20"))))
    assert document["calls"]["prices"] == {"p1": {"bands": [{"from_s": 0, "per_minute": "0.20"}], "increment_s": 1}}
    assert "inbound" not in document["calls"]


PRICE = "calls.prices.land"
RATE = "calls.outbound.rates[1]"


@pytest.mark.parametrize(
    ("place", "key"),
    [
        ([], "allowances"),
        ([], "spend"),
        ([], "recurring"),
        ([], "timezone"),
        (["calls"], "internals"),
        (["calls", "inbound"], "by_number_kind"),
        (["calls", "outbound"], "by_channel"),
        (["calls", "prices", "land"], "conection_fee"),
        (["calls", "prices", "land"], "cap"),
        (["calls", "outbound", "rates", 1], "forbidden"),
        (["calls", "prices", "land", "bands", 0], "until_s"),
        (["rounding"], "step"),
    ],
)
def test_a_key_that_could_change_money_is_refused_by_its_name(place: list[Any], key: str) -> None:
    document = a_document()
    inner: Any = document
    for step in place:
        inner = inner[step]
    inner[key] = "x"
    ((field, value),) = refused(document)
    assert field.endswith(key)
    assert value == key


@pytest.mark.parametrize(
    ("place", "value", "field"),
    [
        (["schema"], 2, "schema"),
        (["schema"], True, "schema"),
        (["plan_id"], "two words", "plan_id"),
        (["version"], 0, "version"),
        (["version"], "1", "version"),
        (["name"], "", "name"),
        (["currency"], "EURO", "currency"),
        (["effective_from"], "1999-12-31", "effective_from"),
        (["effective_from"], 1543540774, "effective_from"),
        (["rounding", "mode"], "nearest", "rounding.mode"),
        (["rounding", "scale"], 7, "rounding.scale"),
        (["calls"], [], "calls"),
        (["calls", "prices", "land", "bands", 0, "per_minute"], 0.2, f"{PRICE}.bands[0].per_minute"),
        (["calls", "prices", "land", "bands", 0, "per_minute"], "-1", f"{PRICE}.bands[0].per_minute"),
        (["calls", "prices", "land", "bands", 0, "from_s"], 1, f"{PRICE}.bands[0].from_s"),
        (["calls", "prices", "land", "connection_fee"], "1E2", f"{PRICE}.connection_fee"),
        (["calls", "prices", "land", "increment_s"], 0, f"{PRICE}.increment_s"),
        (["calls", "prices", "land", "initial_increment_s"], True, f"{PRICE}.initial_increment_s"),
        (["calls", "prices", "land", "minimum_s"], 90_000, f"{PRICE}.minimum_s"),
        (["calls", "inbound", "price"], "nowhere", "calls.inbound.price"),
        (["calls", "outbound", "rates"], {}, "calls.outbound.rates"),
        (["calls", "outbound", "rates", 1], "49", RATE),
        (["calls", "outbound", "rates", 1, "prefix"], 49, f"{RATE}.prefix"),
        (["calls", "outbound", "rates", 1, "prefix"], "+49", f"{RATE}.prefix"),
        (["calls", "outbound", "rates", 1, "country"], "DEU", f"{RATE}.country"),
        (["calls", "outbound", "rates", 1, "price"], "nowhere", f"{RATE}.price"),
        (["calls", "outbound", "rates", 1, "valid_until"], "2026-01-01", f"{RATE}.valid_until"),
        (["calls", "outbound", "rates", 0, "prefix"], "49", "calls.outbound.rates"),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused_by_its_path(place: list[Any], value: Any, field: str) -> None:
    document = a_document()
    inner: Any = document
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    assert [found for found, _ in refused(document)] == [field]


def test_everything_wrong_is_shown_at_once() -> None:
    document = a_document() | {"currency": "?", "version": -1}
    document["calls"]["outbound"]["rates"][0]["prefix"] = "x"
    assert sorted(field for field, _ in refused(document)) == [
        "calls.outbound.rates[0].prefix",
        "currency",
        "version",
    ]


def test_two_rates_of_a_prefix_at_one_time_cannot_be_a_plan() -> None:
    with pytest.raises(ValueError, match="49 has two rates"):
        a_plan(a_rate("49"), a_rate("49", valid_from="2026-01-01"))


@pytest.mark.parametrize("per_minute", [Decimal("-1"), Decimal("NaN"), Decimal("1e-13")])
def test_no_price_is_made_of_what_is_none(per_minute: Decimal) -> None:
    with pytest.raises(ValueError, match="is not a price"):
        a_price(str(per_minute))
