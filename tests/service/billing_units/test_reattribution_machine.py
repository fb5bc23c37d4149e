"""A state machine against the reference model: changes of the directory and revisions of calls, interleaved."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from contracts.events.directory import SplitChange
from tests.support.allocating import Allocating, ingest_pool
from tests.support.databases import Databases
from tests.support.directory import (
    NUMBER,
    OTHER_NUMBER,
    a_membership,
    a_number,
    a_rated_call,
    a_team,
    a_unit,
    a_user,
    an_account,
    an_assignment,
    its_reversal,
    unit_id,
)
from tests.support.directory_model import ALWAYS, HOURS, Assigned, Called, DirectoryModel, Joined
from tests.support.schemas import migrated

DAY = datetime(2026, 6, 2, tzinfo=UTC)
UNITS, NUMBERS, USERS, TEAM = ("Claims", "Sales", "Retention"), (NUMBER, OTHER_NUMBER), ("ada", "ben"), "evening"
MEMBERS = [*(("number", each) for each in NUMBERS), *(("user", each) for each in USERS), ("team", TEAM)]

hours = st.integers(0, HOURS)
spans = st.tuples(hours, st.none() | hours).map(lambda ends: (ends[0], ALWAYS if ends[1] is None else ends[1]))
picks = st.integers(0, 10_000)


def at(hour: int) -> str:
    return (DAY + timedelta(hours=hour)).isoformat()


def until(hour: int) -> str | None:
    return None if hour >= ALWAYS else at(hour)


class Interleaved(RuleBasedStateMachine):
    """The service on one database, an account for each run; `settle` compares every live charge with the model."""

    runner: asyncio.Runner
    allocating: Allocating
    accounts: Iterator[int]
    works = True

    def __init__(self) -> None:
        super().__init__()
        self.account = f"account-{next(self.accounts)}"
        self.model = DirectoryModel()
        self.calls: list[Called] = []
        self.names = count()
        self.account_version = 1
        self.versions: dict[str, int] = {}

    def adopt(self, *entries: Any) -> None:
        self.runner.run(self.allocating.adopt(*entries))

    def next_version(self, name: str) -> int:
        self.versions[name] = self.versions.get(name, 0) + 1
        return self.versions[name]

    @initialize()
    def begin(self) -> None:
        self.model.held = dict.fromkeys(NUMBERS, (0, ALWAYS))
        self.model.ends = dict.fromkeys(UNITS, ALWAYS)
        self.adopt(
            an_account(self.account), a_team(TEAM, account=self.account),
            *(a_unit(name, account=self.account, version=self.next_version(name)) for name in UNITS),
            *(a_user(name, account=self.account) for name in USERS),
            *(
                a_number(each, account=self.account, since=at(0), version=self.next_version(each))
                for each in NUMBERS
            ),
        )  # fmt: skip

    def put(self, name: str, wanted: Assigned, *, deleted: bool = False) -> None:
        """Tell the service of an assignment's next version; the model takes it when no unit stands against it."""
        refused = not deleted and self.model.refuses(name, wanted)
        if not refused:
            self.model.assigned[name] = wanted
            if deleted:
                del self.model.assigned[name]
        statement = an_assignment(
            wanted.member, wanted.unit, kind=wanted.kind, account=self.account, since=at(wanted.since),
            until=until(wanted.until), version=wanted.version, deleted=deleted, weight=wanted.weight,
            primary=wanted.primary,
        )  # fmt: skip
        known = unit_id(name, self.account)
        self.adopt(replace(statement, assignment_id=known))

    @rule(
        unit=st.sampled_from(UNITS),
        member=st.sampled_from(MEMBERS),
        span=spans,
        weight=st.integers(1, 4),
        mark=st.booleans(),
    )
    def assign(self, unit: str, member: tuple[str, str], span: tuple[int, int], weight: int, mark: bool) -> None:
        since, ends = span[0], max(span)
        wanted = Assigned(
            unit=unit, kind=member[0], member=member[1], since=since, until=ends, weight=weight, primary=mark
        )
        self.put(f"assignment-{next(self.names)}", wanted)

    @precondition(lambda self: self.model.assigned)
    @rule(pick=picks, ends=hours, unit=st.none() | st.sampled_from(UNITS), deleted=st.booleans())
    def change_an_assignment(self, pick: int, ends: int, unit: str | None, deleted: bool) -> None:
        """Released earlier or later, put into another unit for all its time, or told that it never was."""
        name = sorted(self.model.assigned)[pick % len(self.model.assigned)]
        stands = self.model.assigned[name]
        wanted = replace(
            stands, until=max(ends, stands.since), unit=unit or stands.unit, version=stands.version + 1
        )
        deleted = deleted and pick % 3 == 0
        refused = not deleted and self.model.refuses(name, wanted)
        self.put(name, wanted, deleted=deleted)
        if refused:
            self.model.assigned[name] = stands

    @precondition(lambda self: any(each.kind == "number" for each in self.model.assigned.values()))
    @rule(pick=picks, instant=hours, unit=st.sampled_from(UNITS))
    def move_a_number(self, pick: int, instant: int, unit: str) -> None:
        """Back-dated: it leaves its unit at an instant and is in another from then on."""
        holding = sorted(name for name, each in self.model.assigned.items() if each.kind == "number")
        name = holding[pick % len(holding)]
        stands = self.model.assigned[name]
        if not stands.since < instant < stands.until:
            return
        self.put(name, replace(stands, until=instant, version=stands.version + 1))
        self.put(
            f"assignment-{next(self.names)}",
            Assigned(unit=unit, kind="number", member=stands.member, since=instant, until=stands.until),
        )

    @rule(user=st.sampled_from(USERS), span=spans)
    def change_the_team(self, user: str, span: tuple[int, int]) -> None:
        former = self.model.joined.get(user)
        joined = Joined(
            team=TEAM,
            user=user,
            since=span[0],
            until=max(span),
            version=1 if former is None else former.version + 1,
        )
        self.model.joined[user] = joined
        self.adopt(
            a_membership(
                TEAM, user, account=self.account, since=at(joined.since), until=until(joined.until),
                version=joined.version,
            )
        )  # fmt: skip

    @rule(policy=st.sampled_from(["equal", "weighted", "primary"]), since=hours)
    def change_the_policy(self, policy: str, since: int) -> None:
        self.account_version += 1
        self.model.policies = [each for each in self.model.policies if each[0] < since] + [(since, policy)]
        changes = tuple(
            SplitChange(from_at=DAY + timedelta(hours=each), policy=name)  # type: ignore[arg-type]
            for each, name in self.model.policies
        )
        self.adopt(an_account(self.account, version=self.account_version, split_changes=changes))

    @rule(number=st.sampled_from(NUMBERS), span=spans)
    def change_a_number(self, number: str, span: tuple[int, int]) -> None:
        self.model.held[number] = (span[0], max(span))
        self.adopt(
            a_number(
                number, account=self.account, version=self.next_version(number), since=at(span[0]),
                until=until(max(span)),
            )
        )  # fmt: skip

    @rule(unit=st.sampled_from(UNITS), ends=st.none() | hours)
    def archive(self, unit: str, ends: int | None) -> None:
        """At an instant, also back in time; or live again after all."""
        self.model.ends[unit] = ALWAYS if ends is None else ends
        archived_at = None if ends is None else DAY + timedelta(hours=ends)
        self.adopt(a_unit(unit, account=self.account, version=self.next_version(unit), archived_at=archived_at))

    @rule(
        hour=hours, number=st.none() | st.sampled_from(NUMBERS), user=st.none() | st.sampled_from(USERS),
        unit=st.none() | st.sampled_from(UNITS), micros=st.integers(0, 10_000),
    )  # fmt: skip
    def call(self, hour: int, number: str | None, user: str | None, unit: str | None, micros: int) -> None:
        called = Called(
            name=f"call-{len(self.calls)}", hour=hour, number=number, user=user, names_unit=unit, micros=micros
        )
        self.calls.append(called)
        self.runner.run(self.allocating.rate(self.rated(called)))

    @precondition(lambda self: any(call.micros is not None for call in self.calls))
    @rule(pick=picks, micros=st.none() | st.integers(0, 10_000), reversed_first=st.booleans())
    def revise(self, pick: int, micros: int | None, reversed_first: bool) -> None:
        """A higher revision replaces the call's rating, or voids it; the two messages come in either order."""
        living = [call for call in self.calls if call.micros is not None]
        called = living[pick % len(living)]
        messages = [its_reversal(self.rated(called))]
        called.micros = micros
        if micros is not None:
            called.rating += 1
            messages.append(self.rated(called))
        for message in messages if reversed_first else reversed(messages):
            self.runner.run(self.allocating.rate(message))

    def rated(self, called: Called) -> Any:
        return a_rated_call(
            called.name, account=self.account, answered=at(called.hour), own_number=called.number, user=called.user,
            unit_override=called.names_unit and unit_id(called.names_unit, self.account),
            rating_revision=called.rating, amount=str(Decimal(called.micros or 0).scaleb(-6)),
        )  # fmt: skip

    @rule(ratings=st.integers(1, 3))
    def work_a_little(self, ratings: int) -> None:
        if self.works:
            self.runner.run(self.allocating.work_off_once(ratings))

    @rule()
    def settle(self) -> None:
        """Every live charge's unit is the model's, and all sums hold."""
        if self.works:
            self.runner.run(self.allocating.work_off())
        owed, live = self.runner.run(self.allocating.owed(self.account))
        expected = {}
        id_of = partial(unit_id, account=self.account)
        for called in self.calls:
            if called.micros is not None:
                usage = self.rated(called).usage_id
                owes = self.model.owes(called, id_of)
                expected[usage] = {unit and id_of(unit): micros for unit, micros in owes.items()}
        assert live == {usage: set(shares) for usage, shares in expected.items()}
        for usage, shares in owed.items():
            assert {unit: micros for unit, micros in shares.items() if micros} == {
                unit: micros for unit, micros in expected.get(usage, {}).items() if micros
            }

    def teardown(self) -> None:
        if self.model.ends:
            self.settle()


def run(databases: Databases, *, works: bool, examples: int) -> None:
    """Run the machine on a database of its own; works: whether the job does."""
    with asyncio.Runner() as runner:
        dsn = runner.run(databases.create(migrated("billing_units")))
        pool = runner.run(ingest_pool(dsn))
        machine = type(
            "Machine",
            (Interleaved,),
            {"runner": runner, "allocating": Allocating(pool=pool), "accounts": count(), "works": works},
        )
        try:
            run_state_machine_as_test(
                machine,
                settings=settings(
                    max_examples=examples,
                    phases=tuple(Phase) if works else (Phase.generate,),
                    report_multiple_bugs=False,
                    stateful_step_count=40,
                    deadline=None,
                    print_blob=True,
                    suppress_health_check=list(HealthCheck),
                ),
            )
        finally:
            runner.run(pool.close())
            runner.run(databases.drop(dsn))


def test_every_live_charge_is_where_the_model_says(databases: Databases) -> None:
    run(databases, works=True, examples=40)


def test_the_machine_notices_when_nothing_is_moved(databases: Databases) -> None:
    with pytest.raises(AssertionError):
        run(databases, works=False, examples=200)
