"""`ringledger quote` and `ringledger explain` against the real API: words for people, JSON for programs."""

import json
from collections.abc import AsyncIterator

import pytest

from contracts.values.ids import IdKind, derived_text
from tests.conftest import FreshDatabase
from tests.service.cli.conftest import Office
from tests.support.builders import a_call, a_plan, a_price, a_rate
from tests.support.directory import ACCOUNT
from tests.support.front import listening
from tests.support.rating import Rating
from tests.support.rating_api import api_on
from tests.support.rating_records import an_account_fact
from tests.support.schemas import migrated

USAGE = derived_text(IdKind.USAGE, ACCOUNT, "pbx", "call-1", "1")


@pytest.fixture
async def priced(office: Office, fresh_database: FreshDatabase) -> AsyncIterator[Office]:
    """The office with usage_rating beside it, which has rated one call of 85 seconds."""
    rating = await Rating.on(await fresh_database(migrated("usage_rating")))
    await rating.know(an_account_fact(ACCOUNT, zone="Europe/London"))
    await rating.use(a_plan(a_rate("49", a_price("0.06", fee="0.01"))), ACCOUNT)
    await rating.rate(a_call(account_id=ACCOUNT, seconds=85))
    async with listening(api_on(rating)) as url:
        office.variables["RINGLEDGER_USAGE_RATING_URL"] = url
        yield office
    await rating.close()


async def test_a_quote_is_told_step_by_step_and_as_json(priced: Office) -> None:
    asked = ("quote", "--to", "+4930123456", "--at", "2026-03-02T10:00:00Z", "--seconds", "85")
    told = await priced.run(*asked)
    assert told.exit_code == 0, told.output
    assert "The connection fee is added, once a call." in told.output
    assert "0.095000 EUR" in told.output
    found = json.loads((await priced.run(*asked, "--json")).stdout)
    assert (found["outcome"], found["amount"]) == ("priced", "0.095000")


@pytest.mark.parametrize(
    ("asked", "exit_code", "says"),
    [
        (("--to", "+33123456789"), 1, "add its prefix in a new version"),
        (("--to", "+4930123456", "--plan", "nowhere"), 2, "may use no plan nowhere"),
        (("--to", "+4930123456", "--plan", "plan@x"), 2, "--plan is ID or ID@VERSION"),
        ((), 2, "say either --to, the number called, or --from, who calls"),
    ],
)
async def test_what_has_no_price_ends_with_its_reason(
    priced: Office, asked: tuple[str, ...], exit_code: int, says: str
) -> None:
    told = await priced.run("quote", *asked, "--at", "2026-03-02T10:00:00Z")
    assert told.exit_code == exit_code
    assert says in " ".join(told.output.split())


async def test_a_price_is_explained(priced: Office) -> None:
    told = await priced.run("explain", USAGE)
    assert told.exit_code == 0, told.output
    assert "Rating 1, 0.095000 EUR: holds" in told.output
    assert "1 min 25 s" in told.output
    missing = await priced.run("explain", "00000000-0000-0000-0000-000000000000")
    assert missing.exit_code == 2
    assert "no such use" in missing.output
