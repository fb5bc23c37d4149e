"""Samples: ratings computed again with their pinned plan, and published messages held against base rows."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, TypeAlias
from uuid import UUID

import orjson
from pydantic import TypeAdapter, ValidationError

from chassis.clock import Random
from cli.verify.flights import Extents
from cli.verify.log import Log, Record
from cli.verify.snapshot import Snapshot
from cli.verify.verdict import ROWS_SHOWN, CheckResult
from contracts.events.call import CallDetailRecord
from contracts.events.usage import UsageRecord
from contracts.topics import CHARGES, RATED_USAGE, UNIT_COSTS
from services.usage_rating.domain.document import parse_document
from services.usage_rating.domain.plan import RatePlan
from services.usage_rating.domain.problems import Problems
from services.usage_rating.domain.rating import Numbers, Rated, rate_call, zero_rated
from services.usage_rating.domain.rating_uses import RatedUse, rate_use

RATINGS_SAMPLED = 200
MESSAGES_SAMPLED = 50
"""The newest messages of each partition."""

UNITS_SAMPLED = 20
NO_PLAN = "the plan version its certificate names is not there"
UNREADABLE = "the record it was rated from cannot be read"
_CALL = TypeAdapter(CallDetailRecord)
_USE = TypeAdapter(UsageRecord)
_COMPARED = ("account_id", "currency", "booked_period", "amount", "calls", "duration_ms", "billed_s", "unit_id")


PinnedPlan: TypeAlias = tuple[str, str, int]
"""Account, plan and version, as a certificate of the account names them."""

Again: TypeAlias = tuple[Decimal, int, int]
"""Amount, billed seconds and charged milliseconds, rated again."""


async def run_rating_check(snapshot: Snapshot, random: Random) -> CheckResult:
    """Rate a sample again, each by the plan version its certificate names."""
    start = UUID(bytes=random(16))
    narrowing = (snapshot.account_id, snapshot.period)
    rows = await snapshot.fetch("sample_ratings", *narrowing, start, RATINGS_SAMPLED)
    if len(rows) < RATINGS_SAMPLED:
        # Near the end of the id space, or few in all: then also from its beginning.
        again = await snapshot.fetch("sample_ratings", *narrowing, UUID(int=0), RATINGS_SAMPLED - len(rows))
        known = {row["rated_usage_id"] for row in rows}
        rows += [row for row in again if row["rated_usage_id"] not in known]
    plans = await _plans(snapshot, rows)
    findings = [finding for row in rows if (finding := _rerated(row, plans)) is not None]
    return CheckResult(
        name="rating again",
        sentence=f"A sample of {len(rows)} ratings, rated again with their pinned plans, gives the same amounts.",
        offending=len(findings),
        rows=findings[:ROWS_SHOWN],
    )


async def _plans(snapshot: Snapshot, rows: Iterable[Any]) -> dict[PinnedPlan, RatePlan | None]:
    plans: dict[PinnedPlan, RatePlan | None] = {}
    for row in rows:
        key = _pinned(row, orjson.loads(row["published"]))
        if key is not None and key not in plans:
            documents = await snapshot.fetch("get_plan_document", *key)
            parsed = parse_document(json.loads(documents[0]["document"])) if documents else None
            plans[key] = None if isinstance(parsed, Problems) else parsed
    return plans


def _pinned(row: Mapping[str, Any], data: Mapping[str, Any]) -> PinnedPlan | None:
    plan_id, version = (data["certificate"].get(name) for name in ("plan_id", "plan_version"))
    return None if plan_id is None or version is None else (row["account_id"], plan_id, version)


def _rerated(row: Mapping[str, Any], plans: Mapping[PinnedPlan, RatePlan | None]) -> dict[str, Any] | None:
    """What is wrong with one rating; None when it comes out the same."""
    told = {name: row[name] for name in ("account_id", "booked_period", "currency", "rated_usage_id", "amount")}
    data = orjson.loads(row["published"])
    if row["call"] is None:
        return {**told, "says": "the record it was rated from is not there"}
    if Decimal(data["amount"]) != row["amount"]:
        return {**told, "published_amount": Decimal(data["amount"])}
    pinned = _pinned(row, data)
    plan = None if pinned is None else plans[pinned]
    if data["category"] == "call":
        again = _rated_call(row["call"], plan, _numbers(data["certificate"]))
    else:
        again = _rated_use(row["call"], plan)
    if isinstance(again, str):
        return {**told, "says": again}
    amount, billed_s, duration_ms = again
    if (amount, billed_s, duration_ms) == (row["amount"], row["billed_s"], row["duration_ms"]):
        return None
    return {**told, "rated_again": amount, "billed_s": row["billed_s"], "billed_again": billed_s}


def _numbers(certificate: Mapping[str, Any]) -> Numbers:
    """What was known of the account's numbers when the call was rated."""
    return Numbers(own_kind=certificate.get("number_type"), to_own=certificate.get("to_own_number", False))


def _rated_call(record: bytes, plan: RatePlan | None, numbers: Numbers) -> Again | str:
    try:
        call = _CALL.validate_json(record)
    except ValidationError:
        return UNREADABLE
    zero = zero_rated(call, plan)
    if zero is not None:
        return Decimal(0), 0, zero.duration_ms
    if plan is None:
        return NO_PLAN
    rated = rate_call(plan, call, numbers)
    if not isinstance(rated, Rated):
        return f"its plan does not price it: {rated.reason.value}"
    return rated.amount, rated.billed_s, rated.duration_ms


def _rated_use(record: bytes, plan: RatePlan | None) -> Again | str:
    try:
        use = _USE.validate_json(record)
    except ValidationError:
        return UNREADABLE
    if plan is None:
        return NO_PLAN
    rated = rate_use(plan, use)
    if not isinstance(rated, RatedUse):
        return f"its plan does not price it: {rated.reason.value}"
    return rated.amount, rated.billed_s, rated.duration_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A topic of our own whose messages repeat base rows."""

    topic: str
    id_field: str
    query: str
    compared: Sequence[str] = _COMPARED


async def run_messages_check(snapshot: Snapshot, log: Log, before: Extents) -> CheckResult:
    """The newest messages of our topics against base rows.

    before: ends taken before the snapshot, so that every message has its row in it.
    """
    topics = [
        Published(topic=RATED_USAGE.name, id_field="rated_usage_id", query="list_rated_usage_rows"),
        Published(topic=CHARGES.name, id_field="charge_id", query="list_charge_rows"),
    ]
    line = (*_COMPARED, "seq", "running_total")
    topics += [
        Published(topic=topic, id_field="charge_id", query="list_unit_cost_rows", compared=line)
        for topic in unit_topics({place[0] for place in before})
    ]
    by_topic: dict[str, list[Record]] = {published.topic: [] for published in topics}
    newest = {
        place: (max(extent.start, extent.end - MESSAGES_SAMPLED), extent.end) for place, extent in before.items()
    }
    async for records in log.read(newest):
        for record in records:
            by_topic[record.topic].append(record)
    findings = [
        finding
        for published in topics
        for finding in await _unlike_rows(snapshot, published, by_topic[published.topic])
    ]
    sampled = sum(len(records) for records in by_topic.values())
    return CheckResult(
        name="messages",
        sentence=f"A sample of {sampled} published messages says what the base rows say.",
        offending=len(findings),
        rows=findings[:ROWS_SHOWN],
    )


async def _unlike_rows(
    snapshot: Snapshot, published: Published, records: Sequence[Record]
) -> list[dict[str, object]]:
    if not records:
        return []
    told = [(record, orjson.loads(record.value)["data"]) for record in records]
    if snapshot.account_id is not None:
        told = [(record, data) for record, data in told if data["account_id"] == snapshot.account_id]
    ids = list({UUID(data[published.id_field]) for _, data in told})
    rows = {row["id"]: row for row in await snapshot.fetch(published.query, ids)}
    found: list[dict[str, object]] = []
    for record, data in told:
        where = f"{record.topic}/{record.partition}@{record.offset}"
        row = rows.get(UUID(data[published.id_field]))
        if row is None:
            found.append({"message": where, "id": data[published.id_field], "says": "there is no such row"})
            continue
        for name in published.compared:
            says = _typed(name, data.get(name))
            if says != row[name]:
                found.append(
                    {"message": where, "id": row["id"], "field": name, "message_says": says, "row": row[name]}
                )
    return found


def _typed(name: str, value: Any) -> object:
    """A field as the database has it."""
    if value is None:
        return None
    if name in ("amount", "running_total"):
        return Decimal(value)
    if name == "booked_period":
        return date.fromisoformat(value)
    return UUID(value) if name == "unit_id" else value


def unit_topics(topics: Iterable[str]) -> list[str]:
    """The topics of units among these, as many as are sampled."""
    before, _, after = UNIT_COSTS.name.partition("{unit}")
    return sorted(name for name in topics if name.startswith(before) and name.endswith(after))[:UNITS_SAMPLED]
