"""Compares what the system shows with what the oracle says: every loss, doubling and difference in words."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from contracts.topics import CALLS, CHARGES, RATED_USAGE
from tests.live.faults import outcome
from tests.live.faults.calls import Due
from tests.live.faults.ground import Ground
from tests.live.faults.load import Kind
from tests.live.faults.oracle import Leg, Oracle, shares
from tests.live.faults.outcome import CallsLog

PROBLEMS_SHOWN = 15
FATES = ("accepted", "duplicate", "conflict", "dead_letter", "suspense", "absent")


@dataclass(slots=True, kw_only=True)
class Verdict:
    """What was found. lost, doubled: effects of calls that are missing or there twice; problems: in words."""

    lost: int = 0
    doubled: int = 0
    wrong: int = 0
    checked: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    def find(self, kind: str, words: str) -> None:
        """Note a difference of kind lost, doubled or wrong."""
        setattr(self, kind, getattr(self, kind) + 1)
        if len(self.problems) < PROBLEMS_SHOWN:
            self.problems.append(f"{kind}: {words}")

    @property
    def holds(self) -> bool:
        return not (self.lost or self.doubled or self.wrong or self.problems)


async def judge(ground: Ground, oracle: Oracle, services: tuple[str, ...]) -> Verdict:
    """Everything that can be compared, service by service along the way of a call."""
    verdict = Verdict()
    log = await outcome.read_calls_log(ground)
    _judge_log(verdict, oracle, log)
    await _judge_fates(verdict, ground, oracle, log, services)
    await _judge_dead_letters(verdict, ground, oracle, log)
    await _judge_conflicts(verdict, ground, oracle, log)
    await _judge_ratings(verdict, ground, oracle)
    await _judge_messages(verdict, ground, RATED_USAGE.name, "usage_rating.rated_usage")
    if "billing_units" in services:
        await _judge_charges(verdict, ground, oracle)
        await _judge_messages(verdict, ground, CHARGES.name, "billing_units.charge")
        elsewhere = await outcome.dead_letters_elsewhere(ground)
        if elsewhere:
            verdict.find("lost", f"{elsewhere} of our own messages became dead letters")
    if "reporting" in services:
        (row,) = await ground.query(outcome.REPORTED_SQL)
        for kind, name in (("lost", "lost"), ("doubled", "invented"), ("wrong", "changed")):
            if row[name]:
                verdict.find(kind, f"{row[name]} charges between billing_units and reporting")
    return verdict


def _judge_log(verdict: Verdict, oracle: Oracle, log: CallsLog) -> None:
    """The ground of it all: everything confirmed is in the log, and contradictions follow what they contradict."""
    missing = [number for number in range(len(oracle.kinds)) if number not in log.places]
    if missing:
        verdict.find("lost", f"the broker lost {len(missing)} confirmed records, first number {missing[0]}")
    verdict.checked["records in the calls topic"] = log.records
    verdict.checked["records sent again by the load's producer"] = log.records - len(log.places)


async def _judge_fates(
    verdict: Verdict, ground: Ground, oracle: Oracle, log: CallsLog, services: tuple[str, ...]
) -> None:
    """Every offset one fate: no gap, no overlap, and of each fate as many as the oracle expects."""
    total: Counter[str] = Counter()
    passed: dict[int, int] = {}
    for service in services:
        for row in await outcome.fates_of(ground, service):
            where = f"{service}: {row['topic']}/{row['partition']}"
            verdict.checked["offsets with a fate"] += int(row["offsets"])
            if row["offsets"] > row["passed"] or (row["breaks"] and row["offsets"] == row["passed"]):
                verdict.find("doubled", f"{where}: {row['offsets']} fates for {row['passed']} offsets")
            elif row["breaks"] or row["offsets"] < row["passed"]:
                verdict.find("lost", f"{where}: {row['offsets']} fates for {row['passed']} offsets")
            if row["topic"] == CALLS.name:
                passed[row["partition"]] = row["passed"]
                total.update({n: int(row[n]) for n in FATES})
    for partition, end in log.ends.items():
        if passed.get(partition, 0) != end:
            verdict.find("lost", f"calls/{partition}: passed {passed.get(partition, 0)} of {end} offsets")
    _compare_fates(verdict, total, _expected_fates(oracle, log))


def _expected_fates(oracle: Oracle, log: CallsLog) -> dict[str, int]:
    by_kind: Counter[Kind] = Counter()
    for number, places in log.places.items():
        by_kind[oracle.kinds[number]] += len(places)
    return {
        "accepted or suspended": oracle.events,
        "duplicate": by_kind[Kind.EVENT] - oracle.events + by_kind[Kind.REISSUE],
        "conflict": by_kind[Kind.CONFLICT],
        "dead_letter": by_kind[Kind.POISON],
        "absent": 0,
    }


def _compare_fates(verdict: Verdict, total: Counter[str], expected: Mapping[str, int]) -> None:
    found = dict(total) | {"accepted or suspended": total["accepted"] + total["suspense"]}
    for name, count in expected.items():
        verdict.checked[f"fate: {name}"] = found.get(name, 0)
        if found.get(name, 0) > count and name == "accepted or suspended":
            verdict.find("doubled", f"{found[name]} records {name}, expected {count}")
        elif found.get(name, 0) != count:
            verdict.find("wrong", f"{found.get(name, 0)} records {name}, expected {count}")


async def _judge_dead_letters(verdict: Verdict, ground: Ground, oracle: Oracle, log: CallsLog) -> None:
    """Each poison record is among the dead letters, unchanged, and nothing else is."""
    letters = await outcome.read_dead_letters(ground)
    expected = {place: number for number in oracle.poison for place in log.places.get(number, [])}
    verdict.checked["dead letters unchanged"] = len(letters)
    for place, number in expected.items():
        if place not in letters:
            verdict.find("lost", f"poison at {place} is not among the dead letters")
        elif letters[place] != (number, oracle.poison[number]):
            verdict.find("wrong", f"the dead letter of {place} was changed")
    for place in letters.keys() - expected.keys():
        verdict.find("wrong", f"the good record at {place} is among the dead letters")


async def _judge_conflicts(verdict: Verdict, ground: Ground, oracle: Oracle, log: CallsLog) -> None:
    rows = await ground.query(
        "SELECT partition, record_offset FROM usage_rating.event_conflict WHERE topic = $1", CALLS.name
    )
    found = {(row["partition"], row["record_offset"]) for row in rows}
    expected = {
        place for number, places in log.places.items() if oracle.kinds[number] is Kind.CONFLICT for place in places
    }
    if found != expected:
        verdict.find("wrong", f"{len(found ^ expected)} records differ between conflicts found and expected")


async def _judge_ratings(verdict: Verdict, ground: Ground, oracle: Oracle) -> None:
    """Each leg has exactly the live rating that the oracle computed, or none."""
    seen = set()
    for row in await ground.query(outcome.RATED_SQL):
        account, leg = row["account_id"], leg_of(row["event_id"])
        if (account, leg) in seen:
            verdict.find("doubled", f"leg {leg} of {account} is known twice")
        seen.add((account, leg))
        expected = oracle.legs.get((account, leg))
        if expected is not None:
            _judge_rating(verdict, f"leg {leg} of {account}", expected.due, row)
    for account, leg in oracle.legs.keys() - seen:
        verdict.find("lost", f"leg {leg} of {account} is not known")
    verdict.checked["legs rated as the oracle says"] = len(seen)
    waiting = await ground.query("SELECT count(*) AS legs FROM usage_rating.suspense")
    if waiting[0]["legs"] != oracle.waiting:
        verdict.find("wrong", f"{waiting[0]['legs']} legs in suspense, expected {oracle.waiting}")


def _judge_rating(verdict: Verdict, leg: str, due: Due | None, row: Any) -> None:
    expected = (0, 0, 0, 0) if due is None else (due.micros, 1, due.billed_s, due.duration_ms)
    found = tuple(int(row[name] or 0) for name in ("amount", "calls", "billed_s", "duration_ms"))
    live, wanted = row["live"] or 0, 0 if due is None else 1
    if live < wanted:
        verdict.find("lost", f"{leg} has no live rating")
    elif live > wanted or found[1] > expected[1]:
        verdict.find("doubled", f"{leg} has {live} live ratings, expected {wanted}")
    elif found != expected:
        verdict.find("wrong", f"{leg}: (millionths, calls, s, ms) are {found}, expected {expected}")


async def _judge_charges(verdict: Verdict, ground: Ground, oracle: Oracle) -> None:
    """Each leg is shared over exactly the units that the oracle found, each share to the millionth."""
    charged: dict[tuple[str, str], dict[str, tuple[int, int, int, int]]] = {}
    for row in await ground.query(outcome.CHARGED_SQL):
        sums = (int(row["amount"]), int(row["calls"]), int(row["billed_s"]), int(row["duration_ms"]))
        if any(sums):
            charged.setdefault((row["account_id"], leg_of(row["event_id"])), {})[row["unit"]] = sums
    for key, leg in oracle.legs.items():
        _judge_shares(verdict, f"leg {key[1]} of {key[0]}", leg, charged.pop(key, {}))
    for account, leg_name in charged:
        verdict.find("doubled", f"leg {leg_name} of {account} is charged and was never said")
    verdict.checked["legs shared as the oracle says"] = len(oracle.legs)


def _judge_shares(verdict: Verdict, leg: str, expected: Leg, found: dict[str, Any]) -> None:
    due = {} if expected.due is None else {u: s for u, s in shares(expected.due).items() if any(s)}
    if found == due:
        return
    calls, wanted = sum(s[1] for s in found.values()), sum(s[1] for s in due.values())
    kind = "lost" if calls < wanted else "doubled" if calls > wanted else "wrong"
    verdict.find(kind, f"{leg}: units owe {found}, expected {due}")


async def _judge_messages(verdict: Verdict, ground: Ground, topic: str, table: str) -> None:
    """Every row was published: repeats are allowed, gaps are not."""
    (row,) = await ground.query(f"SELECT count(*) AS rows FROM {table}")
    distinct, records = await outcome.count_distinct_messages(ground, topic)
    verdict.checked[f"{topic}: repeats of the outbox"] = records - distinct
    if distinct != row["rows"]:
        kind = "lost" if distinct < row["rows"] else "doubled"
        verdict.find(kind, f"{topic} has {distinct} different messages, {table} has {row['rows']} rows")


def leg_of(event_id: str) -> str:
    """The leg in `e<leg>-<revision>`."""
    return event_id[1:].rpartition("-")[0]
