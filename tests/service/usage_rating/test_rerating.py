"""Re-rating: previewed, approved, posted; nothing twice, nothing that nobody approved, and all sums exact."""

from collections import Counter
from dataclasses import replace
from decimal import Decimal
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.values.ids import IdKind, derived_text
from services.usage_rating.domain.plan import RatePlan
from services.usage_rating.handlers.reratings import Refusal
from tests.support.builders import a_call, a_plan, a_price, a_rate
from tests.support.callers import a_caller
from tests.support.rating import Rating
from tests.support.rating_records import an_account_fact


def dear(per_minute: str) -> RatePlan:
    """The plan with Germany at another price."""
    return a_plan(a_rate("49", a_price(per_minute)), inbound=a_price("0.01"))


async def live(rating: Rating) -> dict[str, dict[str, Any]]:
    """The one live rating of each call, from the published messages alone; every reversal mirrors its original."""
    revisions: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for data in await rating.published():
        revisions.setdefault((data["call_id"], data["rating_revision"]), []).append(data)
    found: dict[str, dict[str, Any]] = {}
    for (call_id, _), pair in revisions.items():
        assert Counter(data["kind"] for data in pair) in (Counter(["rated"]), Counter(["rated", "reversal"]))
        if len(pair) == 1:
            assert call_id not in found, "two live ratings"
            found[call_id] = pair[0]
        else:
            assert sum(Decimal(data["amount"]) for data in pair) == 0
            assert pair[0]["booked_period"] == pair[1]["booked_period"]
    return found


@pytest.fixture
async def ready(rating: Rating) -> Rating:
    """With an account and a plan at 0.06 a minute."""
    await rating.know(an_account_fact(), an_account_fact("other"))
    await rating.use(dear("0.06"))
    return rating


async def test_a_new_price_is_previewed_approved_and_posted(ready: Rating) -> None:
    await ready.rate(*(a_call(call_id=f"call-{n}", seconds=60 + n) for n in range(5)))
    await ready.rate(
        a_call(call_id="missed", answered=None), a_call(call_id="april", answered="2026-04-02T10:00:00Z")
    )
    before = await live(ready)
    await ready.use(dear("0.12"))
    rerating_id = await ready.preview()
    shown = await ready.rerating(rerating_id)
    assert (shown["state"], shown["examined"], shown["changes"], shown["unpriced"]) == ("previewed", 6, 5, 0)
    assert (shown["amount_before"], shown["amount_after"]) == (Decimal("0.31"), Decimal("0.62"))
    assert await live(ready) == before, "a preview posts nothing"

    await ready.approve(rerating_id)
    shown = await ready.rerating(rerating_id)
    assert (shown["state"], shown["posted"], shown["skipped"]) == ("posted", 5, 0)
    assert shown["approved_by"] == "operator somebody"
    after = await live(ready)
    for call_id, data in after.items():
        if call_id in ("missed", "april"):
            assert data == before[call_id]
        else:
            assert Decimal(data["amount"]) == 2 * Decimal(before[call_id]["amount"])
            assert (data["rating_revision"], data["certificate"]["plan_version"]) == (2, 2)
            assert data["cause_id"] == rerating_id and data["use_on"] == before[call_id]["use_on"]
    reversals = [data for data in await ready.published() if data["kind"] == "reversal"]
    assert {data["cause_id"] for data in reversals} == {rerating_id} and len(reversals) == 5


async def test_under_the_same_plan_nothing_changes(ready: Rating) -> None:
    await ready.rate(a_call(), a_call(call_id="in", direction="inbound"), a_call(call_id="missed", answered=None))
    shown = await ready.rerating(rerating_id := await ready.preview())
    assert (shown["examined"], shown["changes"], shown["unpriced"]) == (3, 0, 0)
    refused = await ready.reratings().approve("acme", rerating_id, a_caller("acme"))
    assert isinstance(refused, Refusal) and refused.code == "nothing_to_change"


async def test_after_posting_the_next_preview_finds_nothing(ready: Rating) -> None:
    await ready.rate(*(a_call(call_id=f"call-{n}") for n in range(20)))
    await ready.use(dear("0.12"))
    await ready.approve(await ready.preview(chunk=3), chunk=2)
    assert (await ready.rerating(await ready.preview()))["changes"] == 0
    assert len(await live(ready)) == 20


async def test_a_plan_that_is_named_prices_whatever_is_active(ready: Rating) -> None:
    await ready.use(replace(dear("0.30"), plan_id="special"), "other")
    await ready.use(dear("0.12"))
    await ready.rate(a_call(seconds=60))
    for plan, amount in ((("plan", 1), "0.060000"), (("plan", None), "0.120000")):
        await ready.approve(await ready.preview(plan=plan))
        assert (await live(ready))["call-1"]["amount"] == amount
    for plan in (("special", None), ("plan", 3), ("none", None)):
        with pytest.raises(AssertionError, match="unknown_plan"):
            await ready.ask(plan=plan)


async def test_what_cannot_be_priced_is_counted_and_left_alone(ready: Rating) -> None:
    await ready.rate(a_call(), a_call(call_id="inbound", direction="inbound"))
    await ready.use(a_plan(a_rate("49", a_price("0.12"))))
    shown = await ready.rerating(rerating_id := await ready.preview())
    assert (shown["changes"], shown["unpriced"]) == (1, 1)
    await ready.approve(rerating_id)
    stands = await live(ready)
    assert stands["call-1"]["amount"] == "0.120000" and stands["inbound"]["rating_revision"] == 1
    totals = await ready.ingest.fetch("SELECT kind, name, changes FROM rerating_total ORDER BY kind, name")
    assert [tuple(row) for row in totals] == [
        ("destination", "destination 49", 1), ("reason", "no_inbound_price", 1), ("user", "", 1),
    ]  # fmt: skip


async def test_prices_that_change_after_the_preview_ask_for_another(ready: Rating) -> None:
    await ready.rate(a_call())
    await ready.use(dear("0.12"))
    rerating_id = await ready.preview()
    later = replace(dear("0.50"), effective_from=a_call(answered="2026-05-01T00:00:00Z").started_at)
    await ready.use(later)
    await ready.use(replace(dear("0.24"), plan_id="others"), "other")
    named = await ready.preview(plan=("plan", 2))
    await ready.use(dear("0.18"))
    refused = await ready.reratings().approve("acme", rerating_id, a_caller("acme"))
    assert isinstance(refused, Refusal) and refused.code == "preview_outdated"
    assert (await ready.rerating(rerating_id))["state"] == "previewed"
    await ready.approve(named)
    assert (await live(ready))["call-1"]["amount"] == "0.120000"


async def test_what_is_approved_is_posted_though_prices_change_meanwhile(ready: Rating) -> None:
    await ready.rate(*(a_call(call_id=f"call-{n}") for n in range(8)))
    await ready.use(dear("0.12"))
    rerating_id = await ready.preview()
    assert await ready.reratings().approve("acme", rerating_id, a_caller("acme")) is None
    job = ready.rating_anew(chunk=1)
    for _ in range(4):
        await job.work_off()
    await ready.use(dear("0.99"))
    await ready.work_off()
    assert {data["amount"] for data in (await live(ready)).values()} == {"0.120000"}


async def test_a_leg_that_changes_meanwhile_is_left_alone(ready: Rating) -> None:
    calls = [a_call(call_id=name) for name in ("revised", "voided", "stays")]
    await ready.rate(*calls, a_call(call_id="rerated", answered="2026-03-05T10:00:00Z"))
    await ready.use(dear("0.12"))
    first = await ready.preview()
    await ready.rate(replace(calls[0], revision=2, user_id="ada"), replace(calls[1], revision=2, voided=True))
    await ready.approve(await ready.preview(from_at="2026-03-05", to_at="2026-03-06"))
    await ready.approve(first)
    shown = await ready.rerating(first)
    assert (shown["changes"], shown["posted"], shown["skipped"]) == (4, 1, 3)
    stands = await live(ready)
    assert {name: data["rating_revision"] for name, data in stands.items()} == {
        "revised": 2,
        "rerated": 2,
        "stays": 2,
    }
    skipped = await ready.ingest.fetch("SELECT usage_id::text FROM rerating_change WHERE skipped")
    named = {derived_text(IdKind.USAGE, "acme", "pbx", name, "1") for name in ("revised", "voided", "rerated")}
    assert {row["usage_id"] for row in skipped} == named


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chunk=st.integers(1, 6), deaths=st.sets(st.integers(0, 60), max_size=12))
async def test_a_crash_between_and_within_chunks_loses_and_repeats_nothing(
    ready: Rating, chunk: int, deaths: set[int]
) -> None:
    """A worker dies in the middle of a transaction as often as one likes; the next goes on."""
    account = f"account-{chunk}-{len(deaths)}-{sum(deaths)}"
    await ready.know(an_account_fact(account))
    calls = [a_call(call_id=f"{account}-{n}", account_id=account, seconds=30 + n) for n in range(12)]
    await ready.rate(*calls)
    await ready.use(replace(dear("0.06"), plan_id=account), account)
    before = await ready.total(account)
    rerating_id = await ready.ask(account)
    for phase in range(2):
        job, turn = ready.rating_anew(chunk=chunk), 0
        while True:
            turn += 1
            if turn in deaths:
                await die_in_the_middle(ready)
            if not await job.work_off():
                break
        if phase == 0:
            shown = await ready.rerating(rerating_id, account)
            assert (shown["changes"], shown["amount_before"]) == (12, before)
            assert await ready.reratings().approve(account, rerating_id, a_caller(account)) is None
    shown = await ready.rerating(rerating_id, account)
    assert (shown["state"], shown["posted"], shown["skipped"]) == ("posted", 12, 0)
    stands = {call: data for call, data in (await live(ready)).items() if data["account_id"] == account}
    assert len(stands) == 12 and {data["rating_revision"] for data in stands.values()} == {2}
    assert sum(Decimal(data["amount"]) for data in stands.values()) == await ready.total(account) == before


async def die_in_the_middle(rating: Rating) -> None:
    """Do a step whose database goes away before it commits."""
    job = rating.rating_anew(chunk=2)
    async with rating.ingest.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        held = replace(job, pool=OneConnection(connection))
        try:
            await held.work_off()
        except* asyncpg.PostgresError:
            pass
        await transaction.rollback()


class OneConnection:
    """A pool of one connection whose transaction somebody else rolls back."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def acquire(self, timeout: float) -> "OneConnection":
        return self

    async def __aenter__(self) -> Any:
        return self._connection

    async def __aexit__(self, *failure: object) -> None:
        return None
