"""Calls through the handler: rated, free by rule, in suspense until what they lack appears."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from chassis.intake.batch import Fate
from chassis.intake.events import EventReader
from chassis.outbox.packing import unpack_messages
from contracts.events.fields import MAX_DURATION_MS
from contracts.events.rated_usage import USAGE_RATED
from contracts.topics import CALLS, RATED_USAGE
from contracts.values.call_times import LONGEST_CALL
from contracts.values.money import Rounding
from tests.support.builders import a_call, a_plan, a_price, a_rate
from tests.support.rating import TOKENS, Rating
from tests.support.rating_records import an_account_fact, call_message
from tests.support.records import a_record

OTHER = "+4930123456"


async def test_a_call_is_priced_and_the_message_keeps_the_contract(rating: Rating) -> None:
    await rating.know(an_account_fact())
    await rating.use(a_plan(a_rate("4930", a_price("0.09", fee="0.01", increment_s=6, initial_s=30))))
    await rating.rate(a_call(seconds=100))
    rows = await rating.ingest.fetch("SELECT messages FROM outbox WHERE topic = $1", RATED_USAGE.name)
    sent = unpack_messages(rows[0]["messages"])
    [key], [value] = sent.keys, sent.values
    assert key == b"acme|call-1"
    event = EventReader([USAGE_RATED], max_bytes=100_000).read(a_record(value))
    rated = event.data
    assert (event.event_id, event.source) == (rated.rated_usage_id, "ringledger/usage-rating")
    assert (rated.amount, rated.currency, rated.calls) == (Decimal("0.163000"), "EUR", 1)
    assert (rated.duration_ms, rated.billed_s, rated.rating_revision, rated.kind) == (100_000, 102, 1, "rated")
    assert (rated.certificate.prefix, rated.certificate.plan_version) == ("4930", 1)
    assert await rating.total() == rated.amount


async def test_a_certificate_computes_its_amount_again(rating: Rating) -> None:
    await rating.know(an_account_fact())
    price = a_price("0.0875", fee="0.013", increment_s=7, initial_s=20, minimum_s=25, minimum_charge="0.05")
    await rating.use(a_plan(a_rate("49", price), rounding=Rounding.HALF_EVEN, scale=4))
    await rating.rate(*(a_call(call_id=f"c{seconds}", seconds=seconds) for seconds in (1, 20, 26, 61, 3600)))
    modes = {"half_even": "ROUND_HALF_EVEN", "half_up": "ROUND_HALF_UP"}
    for data in await rating.published():
        terms = data["certificate"]
        billed, initial = terms["billed_s"], terms["initial_increment_s"]
        assert billed >= terms["minimum_s"] and (billed - initial) % terms["increment_s"] == 0
        exact = Decimal(terms["per_minute"]) * billed / 60 + Decimal(terms["connection_fee"])
        exact = max(exact, Decimal(terms["minimum_charge"]))
        assert abs(exact - Decimal(terms["exact"])) < Decimal("1e-20")
        quantum = Decimal(1).scaleb(-terms["scale"])
        assert Decimal(data["amount"]) == exact.quantize(quantum, rounding=modes[terms["rounding"]])


async def test_what_costs_nothing_by_rule_needs_no_plan(rating: Rating) -> None:
    await rating.know(an_account_fact())
    await rating.rate(
        a_call(call_id="unanswered", answered=None, seconds=40),
        a_call(call_id="no-time", seconds=0),
        a_call(call_id="not-billable", billable_ms=0),
        a_call(call_id="own-extensions", direction="internal"),
    )
    published = await rating.published()
    assert [data["call_id"] for data in published] == ["unanswered", "no-time", "not-billable", "own-extensions"]
    for data in published:
        assert (data["amount"], data["billed_s"], data["calls"]) == ("0.000000", 0, 1)
        assert "plan_id" not in data["certificate"]
    assert await rating.suspense() == {}


async def test_each_reason_to_wait_is_said(rating: Rating) -> None:
    await rating.know(an_account_fact(), an_account_fact("dollars", currency="USD"), an_account_fact("early"))
    await rating.use(a_plan(effective="2020-01-01"))
    calls = {
        "unknown_account": a_call(account_id="nobody"),
        "plan_in_another_currency": a_call(account_id="dollars"),
        "no_plan": a_call(account_id="early", answered="2019-12-31T23:59:59Z"),
        "no_prefix": a_call(to="+39061234567"),
        "no_inbound_price": a_call(direction="inbound"),
        "other_party_withheld": a_call(to="withheld"),
        "other_party_internal": a_call(to="internal:17"),
    }
    await rating.rate(*(replace(call, call_id=reason) for reason, call in calls.items()))
    assert await rating.suspense() == {reason: reason for reason in calls}
    assert rating.fates[Fate.SUSPENSE] == len(calls)
    assert await rating.published() == []


async def test_suspense_ends_when_the_account_appears(rating: Rating) -> None:
    await rating.use(a_plan())
    await rating.rate(a_call(), a_call(call_id="other", account_id="other"))
    assert await rating.retry_suspense() == 0
    await rating.know(an_account_fact())
    assert await rating.retry_suspense() == 1
    assert await rating.suspense() == {"other": "unknown_account"}
    [data] = await rating.published()
    assert (data["call_id"], data["rating_revision"], data["amount"]) == ("call-1", 1, "0.060000")
    assert await rating.retry_suspense() == 0


@pytest.mark.parametrize("owner", [None, "acme"])
async def test_suspense_ends_when_a_plan_appears(rating: Rating, owner: str | None) -> None:
    await rating.know(an_account_fact(), an_account_fact("other"))
    await rating.rate(a_call(), a_call(call_id="other", account_id="other"))
    await rating.use(a_plan(), owner)
    assert await rating.retry_suspense() == (2 if owner is None else 1)
    assert set(await rating.suspense()) == (set() if owner is None else {"other"})
    assert await rating.total() == Decimal("0.06")


async def test_more_suspense_than_one_transaction_takes(rating: Rating) -> None:
    await rating.know(an_account_fact())
    await rating.rate(*(a_call(call_id=f"c{number}") for number in range(1100)))
    await rating.use(a_plan())
    assert await rating.retry_suspense() == 1100
    assert await rating.total() == Decimal("66")
    lanes = await rating.ingest.fetch("SELECT first_seq, message_count FROM outbox WHERE lane = 'jobs/suspense'")
    assert sorted(tuple(row) for row in lanes) == [(1, 500), (501, 500), (1001, 100)]


async def test_an_own_plan_comes_before_the_default_one(rating: Rating) -> None:
    await rating.know(an_account_fact(), an_account_fact("other"))
    await rating.use(a_plan(a_rate("49", a_price("0.60"))))
    await rating.use(replace(a_plan(a_rate("49", a_price("0.12"))), plan_id="own"), "acme")
    await rating.rate(a_call(), a_call(account_id="other"))
    assert (await rating.total(), await rating.total("other")) == (Decimal("0.12"), Decimal("0.60"))


DAYS = {
    ("UTC", 1): ("2026-06-01", "2026-06-01"),
    ("Europe/Berlin", 1): ("2026-06-02", "2026-06-01"),
    ("Europe/Berlin", 2): ("2026-06-02", "2026-06-02"),
    ("UTC", 2): ("2026-06-01", "2026-05-02"),
    ("Pacific/Kiritimati", 28): ("2026-06-02", "2026-05-28"),
    ("America/Los_Angeles", 1): ("2026-06-01", "2026-06-01"),
}
"""Use day and booked period of a call that ends at 22:30 UTC on 1 June, by zone and anchor day."""


async def test_the_end_of_the_call_decides_its_day_in_the_account_s_zone(rating: Rating) -> None:
    accounts = {f"a{number}": where for number, where in enumerate(DAYS)}
    await rating.use(a_plan())
    await rating.know(
        *(an_account_fact(account, zone=zone, anchor_day=day) for account, (zone, day) in accounts.items())
    )
    answered = "2026-06-01T20:30:00Z"
    await rating.rate(
        *(a_call(account_id=account, call_id=account, answered=answered, seconds=7200) for account in accounts)
    )
    published = await rating.published()
    found = {accounts[data["account_id"]]: (data["use_on"], data["booked_period"]) for data in published}
    assert found == DAYS
    assert {data["occurred_at"] for data in published} == {answered}


async def test_the_newest_fact_of_an_account_wins_in_any_order(rating: Rating) -> None:
    await rating.know(an_account_fact(version=3, currency="EUR"))
    await rating.know(an_account_fact(version=2, currency="USD"))
    await rating.use(a_plan())
    await rating.rate(a_call())
    await rating.know(an_account_fact(version=4, deleted=True))
    await rating.rate(a_call(call_id="late"))
    assert await rating.total() == Decimal("0.06")
    assert await rating.suspense() == {"late": "unknown_account"}


async def test_the_longest_call_still_keeps_the_contract(rating: Rating) -> None:
    assert timedelta(milliseconds=MAX_DURATION_MS) == LONGEST_CALL
    await rating.know(an_account_fact())
    await rating.use(a_plan())
    days = LONGEST_CALL.total_seconds()
    await rating.rate(a_call(call_id="longest", seconds=days), a_call(call_id="longer", seconds=days + 1))
    assert rating.fates[Fate.DEAD_LETTER] == 1
    [row] = await rating.ingest.fetch("SELECT messages FROM outbox WHERE topic = $1", RATED_USAGE.name)
    rated = (
        EventReader([USAGE_RATED], max_bytes=100_000)
        .read(a_record(unpack_messages(row["messages"]).values[0]))
        .data
    )
    assert (rated.call_id, rated.conversation_ms, rated.amount) == ("longest", MAX_DURATION_MS, Decimal("2678.4"))


async def test_tokens_are_the_account_s_own_and_the_number_stays_in_one_table(
    rating: Rating, capfd: pytest.CaptureFixture[str]
) -> None:
    await rating.know(an_account_fact(), an_account_fact("other"))
    await rating.use(a_plan())
    await rating.rate(
        a_call(call_id="a"),
        a_call(call_id="b"),
        a_call(call_id="c", account_id="other"),
        a_call(call_id="d", to="+4930123457"),
        a_call(call_id="waiting", account_id="nobody", to=OTHER),
    )
    await rating.rate(replace(a_call(call_id="a", seconds=90), revision=2))
    tokens = {data["call_id"]: data["other_party_token"] for data in await rating.published()}
    assert tokens["a"] == tokens["b"] == TOKENS.of("acme", OTHER)
    assert len({tokens["a"], tokens["c"], tokens["d"]}) == 3
    assert tokens["a"].startswith("k1.")
    tables = await rating.ingest.fetch(
        """
        SELECT relname FROM pg_class
        WHERE relnamespace = 'usage_rating'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
          AND has_table_privilege(oid, 'SELECT')
        """
    )
    holding = set()
    for table in (row["relname"] for row in tables):
        for row in await rating.ingest.fetch(f"SELECT * FROM {table}"):
            flat = [part for value in row.values() for part in (value if isinstance(value, list) else [value])]
            said = b"|".join(part if isinstance(part, bytes) else str(part).encode() for part in flat)
            if b"30123456" in said or b"30123457" in said:
                holding.add(table)
    assert holding == {"usage"}
    assert "30123456" not in "".join(capfd.readouterr())


async def test_unknown_fields_are_kept_and_change_nothing(rating: Rating) -> None:
    await rating.know(an_account_fact())
    await rating.use(a_plan())
    message = call_message(a_call(), "e1", sentiment={"score": [1, None, "\u0000"]})
    await rating.take(CALLS.name, [message, message])
    assert rating.fates[Fate.ACCEPTED] == 2
    assert rating.fates[Fate.DUPLICATE] == 1
    assert b'"sentiment":{"score":[1,null,"\\u0000"]}' in await rating.ingest.fetchval("SELECT call FROM usage")
