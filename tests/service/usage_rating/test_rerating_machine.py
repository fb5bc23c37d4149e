"""A state machine over two services: prices corrected, calls revised and numbers moved, told in whatever order."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from random import Random
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from pydantic import TypeAdapter

from chassis.outbox.packing import unpack_messages
from contracts.events.call import CallDetailRecord
from contracts.events.rated_usage import RatedUsage
from contracts.topics import RATED_USAGE
from services.usage_rating.handlers.messages import use_of
from tests.support.allocating import Allocating, ingest_pool
from tests.support.builders import a_call, a_plan, a_price, a_rate
from tests.support.callers import a_caller
from tests.support.databases import Databases
from tests.support.directory import NUMBER, OTHER_NUMBER, a_number, a_unit, an_account, an_assignment, unit_id
from tests.support.rating import Rating
from tests.support.rating_records import an_account_fact
from tests.support.schemas import migrated

DAY = datetime(2026, 3, 2, tzinfo=UTC)
UNITS, NUMBERS = ("Claims", "Sales", "Retention"), (NUMBER, OTHER_NUMBER)
RATED = TypeAdapter(RatedUsage)
picks = st.integers(0, 10_000)


class Composed(RuleBasedStateMachine):
    """Both services on their databases, an account for each run; the test carries messages between them."""

    runner: asyncio.Runner
    rating: Rating
    allocating: Allocating
    accounts: Iterator[int]
    moves = True

    def __init__(self) -> None:
        super().__init__()
        self.account = f"account-{next(self.accounts)}"
        self.calls: dict[str, CallDetailRecord] = {}
        self.units: dict[str, tuple[str, int]] = {}
        self.reratings: list[str] = []
        self.carried: set[tuple[str, int]] = set()
        self.waiting: list[RatedUsage] = []

    def run(self, awaited: Any) -> Any:
        return self.runner.run(awaited)

    @initialize()
    def begin(self) -> None:
        self.run(self.rating.know(an_account_fact(self.account, zone="Europe/London")))
        self.price(60)
        self.run(
            self.allocating.adopt(
                an_account(self.account),
                *(a_unit(name, account=self.account) for name in UNITS),
                *(a_number(number, account=self.account) for number in NUMBERS),
            )
        )

    @rule(millis=st.sampled_from([20, 40, 60, 90]))
    def price(self, millis: int) -> None:
        plan = a_plan(a_rate("49", a_price(str(Decimal(millis).scaleb(-3)))), effective="2026-01-01")
        self.run(self.rating.use(replace(plan, plan_id=self.account), self.account))

    @rule(hour=st.integers(0, 23), number=st.none() | st.sampled_from(NUMBERS), seconds=st.integers(0, 200))
    def call(self, hour: int, number: str | None, seconds: int) -> None:
        name = f"call-{len(self.calls)}"
        answered = (DAY + timedelta(hours=hour)).isoformat()
        call = a_call(call_id=name, account_id=self.account, answered=answered, seconds=seconds)
        self.calls[name] = replace(call, own_number=number)
        self.run(self.rating.rate(self.calls[name]))

    @precondition(lambda self: self.calls)
    @rule(pick=picks, seconds=st.integers(0, 200), voided=st.booleans())
    def revise(self, pick: int, seconds: int, voided: bool) -> None:
        call = self.calls[f"call-{pick % len(self.calls)}"]
        began = call.answered_at or call.started_at
        revised = replace(
            call, revision=call.revision + 1, ended_at=began + timedelta(seconds=seconds), voided=voided
        )
        self.calls[call.call_id] = revised
        self.run(self.rating.rate(revised))

    @rule(number=st.sampled_from(NUMBERS), unit=st.sampled_from(UNITS))
    def move(self, number: str, unit: str) -> None:
        """The number was always in this unit."""
        version = self.units[number][1] + 1 if number in self.units else 1
        self.units[number] = (unit, version)
        known = unit_id(f"assignment of {number}", self.account)
        stands = an_assignment(number, unit, account=self.account, version=version)
        self.run(self.allocating.adopt(replace(stands, assignment_id=known)))

    @rule()
    def preview(self) -> None:
        self.reratings.append(self.run(self.rating.preview(self.account, chunk=2)))

    @precondition(lambda self: self.reratings)
    @rule(pick=picks)
    def approve(self, pick: int) -> None:
        """Refused where it is outdated, done already, or would change nothing: all the same here."""
        rerating_id = self.reratings[pick % len(self.reratings)]
        self.run(self.rating.reratings().approve(self.account, rerating_id, a_caller(self.account)))

    @rule(chunk=st.integers(1, 3))
    def post_a_little(self, chunk: int) -> None:
        self.run(self.rating.rating_anew(chunk=chunk).work_off())

    @rule(seed=picks, share=st.floats(0.2, 1))
    def carry(self, seed: int, share: float) -> None:
        """Some of what usage_rating has sent arrives, in no order at all: lanes promise none between them."""
        self.waiting += self.run(self.sent())
        Random(seed).shuffle(self.waiting)
        some = round(len(self.waiting) * share)
        arriving, self.waiting = self.waiting[:some], self.waiting[some:]
        if arriving:
            self.run(self.allocating.rate(*arriving))

    async def sent(self) -> list[RatedUsage]:
        """What was sent since the last look."""
        rows = await self.rating.ingest.fetch(
            "SELECT lane, first_seq, messages FROM outbox WHERE topic = $1", RATED_USAGE.name
        )
        found = []
        for row in rows:
            if (row["lane"], row["first_seq"]) not in self.carried:
                self.carried.add((row["lane"], row["first_seq"]))
                data = [orjson.loads(value or b"")["data"] for value in unpack_messages(row["messages"]).values]
                found += [
                    RATED.validate_json(orjson.dumps(one)) for one in data if one["account_id"] == self.account
                ]
        return found

    @rule(ratings=st.integers(1, 3))
    def move_a_little(self, ratings: int) -> None:
        if self.moves:
            self.run(self.allocating.work_off_once(ratings))

    @rule()
    def settle(self) -> None:
        """Every call is owed once, by its number's unit, at the price of the one rating that is live."""
        self.run(self.rating.work_off())
        self.carry(0, 1)
        if self.moves:
            self.run(self.allocating.work_off())
        stands = self.run(self.live())
        assert set(stands) == {name for name, call in self.calls.items() if not call.voided}
        owed, live = self.run(self.allocating.owed(self.account))
        for name, call in self.calls.items():
            usage_id = use_of(call, "pbx", "").usage_id
            micros = {unit: found for unit, found in owed[usage_id].items() if found}
            if call.voided:
                assert not micros and usage_id not in live
            else:
                unit = self.unit_of(call.own_number)
                assert live[usage_id] == {unit}
                assert micros == ({unit: stands[name]} if stands[name] else {})

    def unit_of(self, number: str | None) -> str | None:
        return unit_id(self.units[number][0], self.account) if number in self.units else None

    async def live(self) -> dict[str, int]:
        """The live rating of each call by usage_rating's own tables, in millionths."""
        rows = await self.rating.ingest.fetch(
            "SELECT published FROM leg l JOIN rated_usage r ON r.account_id = l.account_id "
            "AND r.rated_usage_id = l.live_rated_usage_id WHERE l.account_id = $1",
            self.account,
        )
        data = [orjson.loads(row["published"]) for row in rows]
        return {one["call_id"]: int(Decimal(one["amount"]).scaleb(6)) for one in data}

    def teardown(self) -> None:
        self.settle()


def play(databases: Databases, *, moves: bool, examples: int) -> None:
    """Run the machine on databases of its own; moves: whether the job of re-attribution works."""
    with asyncio.Runner() as runner:
        rated_dsn = runner.run(databases.create(migrated("usage_rating")))
        units_dsn = runner.run(databases.create(migrated("billing_units")))
        rating, pool = runner.run(Rating.on(rated_dsn)), runner.run(ingest_pool(units_dsn))
        parts = {"runner": runner, "rating": rating, "allocating": Allocating(pool=pool), "accounts": count()}
        try:
            run_state_machine_as_test(
                type("Machine", (Composed,), parts | {"moves": moves}),
                settings=settings(
                    max_examples=examples,
                    phases=tuple(Phase) if moves else (Phase.generate,),
                    report_multiple_bugs=False,
                    stateful_step_count=30,
                    deadline=None,
                    print_blob=True,
                    suppress_health_check=list(HealthCheck),
                ),
            )
        finally:
            runner.run(pool.close())
            runner.run(rating.close())
            for dsn in (rated_dsn, units_dsn):
                runner.run(databases.drop(dsn))


def test_corrected_prices_and_moved_numbers_meet_in_any_order(databases: Databases) -> None:
    play(databases, moves=True, examples=25)


def test_the_machine_notices_when_nothing_is_moved(databases: Databases) -> None:
    with pytest.raises(AssertionError):
        play(databases, moves=False, examples=100)
