"""`ringledger rerate`: shown in words, by destination, user and unit; approved, followed, cancelled."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import orjson
import pytest
from pydantic import TypeAdapter

from contracts.events.rated_usage import RatedUsage
from tests.conftest import FreshDatabase
from tests.service.cli.conftest import Office
from tests.support.builders import a_call, a_plan, a_price, a_rate
from tests.support.directory import ACCOUNT, NUMBER, OTHER_NUMBER, unit_id
from tests.support.front import listening
from tests.support.rating import Rating
from tests.support.rating_api import api_on
from tests.support.rating_records import an_account_fact
from tests.support.schemas import migrated

MARCH = ("rerate", "--from", "2026-03-01", "--to", "2026-04-01", "--reason", "wrong deck")
RATED = TypeAdapter(RatedUsage)


@dataclass(frozen=True, kw_only=True)
class Corrected:
    """The office with usage_rating beside it, whose job works while commands wait."""

    office: Office
    rating: Rating


@pytest.fixture
async def corrected(office: Office, fresh_database: FreshDatabase) -> AsyncIterator[Corrected]:
    """Four calls at 0.06 that are charged, then a plan at 0.12 for Germany and none for France."""
    rating = await Rating.on(await fresh_database(migrated("usage_rating")))
    await rating.know(an_account_fact(ACCOUNT, zone="Europe/London"))
    await rating.use(a_plan(a_rate("49", a_price("0.06")), a_rate("33", a_price("0.06"))), ACCOUNT)
    calls = [
        replace(a_call(call_id=f"call-{place}", account_id=ACCOUNT, to=to), own_number=number, user_id=user)
        for place, (to, number, user) in enumerate(
            [
                ("+4930123456", NUMBER, "ben"),
                ("+4930123456", NUMBER, None),
                ("+4930123456", OTHER_NUMBER, None),
                ("+33123456789", NUMBER, "ben"),
            ]
        )
    ]
    await rating.rate(*calls)
    rated = [RATED.validate_json(orjson.dumps(data)) for data in await rating.published()]
    await office.allocating.rate(*rated)
    await rating.use(a_plan(a_rate("49", a_price("0.12"))), ACCOUNT)
    working = asyncio.create_task(work(rating))
    async with listening(api_on(rating)) as url:
        office.variables["RINGLEDGER_USAGE_RATING_URL"] = url
        yield Corrected(office=office, rating=rating)
    working.cancel()
    with suppress(asyncio.CancelledError):
        await working
    await rating.close()


async def work(rating: Rating) -> None:
    """The job, as often as it runs."""
    while True:
        await rating.work_off()
        await asyncio.sleep(0.05)


async def test_a_dry_run_tells_what_would_change_and_changes_nothing(corrected: Corrected) -> None:
    office, before = corrected.office, await corrected.rating.total(ACCOUNT)
    told = " ".join((await office.said(*MARCH, "--by-unit", "--dry-run")).split())
    assert "3 would change: 0.180000 would become 0.360000 EUR, 0.180000 EUR more." in told
    assert "plan plan version 2" in told
    assert "1 cannot be priced again (no_prefix) and stay as they are." in told
    assert "destination 49 3 0.180000 0.360000 +0.180000" in told
    assert "ben 1 0.060000 0.120000 +0.060000" in told
    assert "Claims 2 0.120000 0.240000 +0.120000" in told and "Unassigned 1 0.060000 0.120000 +0.060000" in told
    assert "Nothing was changed: this was a dry run." in told
    assert await corrected.rating.total(ACCOUNT) == before
    listed = await office.lines("rerate", "list")
    assert [(row["state"], row["reason"]) for row in listed] == [("cancelled", "wrong deck")]


async def test_it_is_shown_approved_and_followed_to_its_end(corrected: Corrected) -> None:
    office = corrected.office
    shown = await office.document(*MARCH, "--by-unit")
    assert (shown["state"], shown["changes"], shown["difference"]) == ("previewed", 3, "0.180000")
    assert {row["unit_id"]: row["changes"] for row in shown["by_unit"]} == {unit_id("Claims"): 2, None: 1}
    assert shown["not_charged_yet"] == 0
    told = await office.said("rerate", "approve", shown["rerating_id"])
    assert "It is posted, approved by operator operator" in told and "3 of 3 are replaced" in told
    assert await corrected.rating.total(ACCOUNT) == Decimal("0.42")
    assert "not_previewed" not in (again := await office.refused("rerate", "approve", shown["rerating_id"]))
    assert "It is posted: only what is previewed is approved." in again
    assert "3 of 3 are replaced" in await office.said("rerate", "show", shown["rerating_id"])


async def test_it_is_approved_at_once_under_a_plan_that_is_named(corrected: Corrected) -> None:
    office = corrected.office
    done = await office.document(*MARCH, "--approve")
    assert (done["state"], done["posted"], done["skipped"]) == ("posted", 3, 0)
    back = await office.said(*MARCH, "--plan", "plan", "--plan-version", "1", "--approve")
    assert "0.180000 EUR less" in back and "It is posted" in back
    assert await corrected.rating.total(ACCOUNT) == Decimal("0.24")
    assert "Nothing would change." in await office.said(
        *MARCH, "--plan", "plan", "--plan-version", "1", "--approve"
    )


async def test_what_is_wrong_or_cancelled_is_told_with_its_exit_code(corrected: Corrected) -> None:
    office = corrected.office
    wrong: list[tuple[tuple[str, ...], str]] = [
        (("rerate",), "say --account, --from, --to and --reason"),
        ((*MARCH, "--approve", "--dry-run"), "--dry-run posts nothing"),
        ((*MARCH, "--plan", "none"), "no such plan"),
        ((*MARCH[:4], "2026-02-01", *MARCH[5:]), "from_at is before to_at"),
        (("rerate", "show", "019a0f2c-0000-7000-8000-000000000000"), "no re-rating 019a0f2c"),
    ]
    for words, says in wrong:
        assert says in await office.refused(*words), words
    shown: dict[str, Any] = await office.document(*MARCH)
    assert "It is cancelled." in await office.said("rerate", "cancel", shown["rerating_id"])
    assert "only what is previewed is approved" in await office.refused("rerate", "approve", shown["rerating_id"])
    assert await office.refused("rerate", "list", code=1, RINGLEDGER_USAGE_RATING_URL="http://127.0.0.1:9")
