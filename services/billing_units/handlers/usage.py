"""Rated usage in: each use becomes charges of the units that owe it, each reversal takes them back exactly."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from pydantic import TypeAdapter

from chassis.database import Connection
from chassis.intake.batch import Batch, RecordFailed
from chassis.intake.events import Event
from contracts.events.envelope import to_json
from contracts.events.rated_usage import RatedUsage
from services.billing_units.domain.allocation import Allocation, allocate
from services.billing_units.domain.directory_view import DirectoryView
from services.billing_units.domain.ratings import State, Step, next_step
from services.billing_units.domain.shares import Share, added, shares_of, taken_back
from services.billing_units.handlers.charge_messages import quantities_of, send_charge
from services.billing_units.handlers.directory_cache import DirectoryCache
from services.billing_units.store import charges, followers
from services.billing_units.store.charges import RatingKey, RatingRow
from services.billing_units.store.followers import Follower

_RATED_USAGE = TypeAdapter(RatedUsage)
FIRST_ALLOCATION = 1


@dataclass(slots=True)
class Course:
    """What the messages about one rating lead to, before anything is written.

    given: shares to charge, each with the message it is written from. live: the shares that count now.
    waiting: a reversal without its original. awaiting: a use that awaits its call. repeats: messages that say
    nothing new.
    """

    state: State | None = None
    rated_usage_id: str | None = None
    reversal_id: str | None = None
    use_on: date = date.min
    given: list[tuple[RatedUsage, Share]] = field(default_factory=list)
    live: Sequence[Share] | None = None
    waiting: RatedUsage | None = None
    awaiting: RatedUsage | None = None
    repeats: list[Event[Any]] = field(default_factory=list)

    def row(self, key: RatingKey, former: RatingRow | None) -> RatingRow:
        """Where the rating stands after it."""
        charge_ids = former.charge_ids if former is not None else ()
        if self.live is not None:
            charge_ids = tuple([share.charge_id for share in self.live])
        assert self.state is not None, "a course without messages"
        return RatingRow(
            key=key,
            state=self.state,
            rated_usage_id=self.rated_usage_id,
            reversal_id=self.reversal_id,
            use_on=self.use_on,
            charge_ids=charge_ids,
        )


@dataclass(slots=True, kw_only=True)
class UsageHandler:
    """Handles batches of rated usage."""

    directory: DirectoryCache

    async def __call__(self, batch: Batch) -> None:
        """Decide each rating as if it were new; those that are known are decided again under their lock."""
        views = await self.directory.views(batch.connection, [event.data for event in batch.events])
        ratings: dict[RatingKey, list[Event[Any]]] = {}
        for event in batch.events:
            usage = event.data
            key = (usage.account_id, usage.usage_id, usage.rating_revision)
            ratings.setdefault(key, []).append(event)
        courses = {key: await _course(batch, views, events, None) for key, events in ratings.items()}
        known = await charges.insert_new_allocations(
            batch.connection, [course.row(key, None) for key, course in courses.items()]
        )
        if known:
            rows = await charges.lock_allocations(batch.connection, known)
            for key in sorted(known):
                courses[key] = await _course(batch, views, ratings[key], rows[key])
            await charges.update_allocations(
                batch.connection, [courses[key].row(key, rows[key]) for key in sorted(known)]
            )
        await _record(batch, courses, known)


async def _record(batch: Batch, courses: Mapping[RatingKey, Course], known: set[RatingKey]) -> None:
    """Write charges and waits, and send the charges, in the order in which the ratings came."""
    records = []
    for key, course in courses.items():
        for usage, share in course.given:
            records.append(send_charge(batch.outgoing, usage, share, batch.recorded_at))
        for event in course.repeats:
            batch.found_duplicate(event)
        if course.waiting is not None and key not in known:
            await _wait(batch, key, course.waiting)
    if records:
        await charges.copy_charges(batch.connection, records)
    await _record_followers(batch, courses, known)


async def _record_followers(batch: Batch, courses: Mapping[RatingKey, Course], known: set[RatingKey]) -> None:
    """Keep uses that await their calls, forget those taken back, and wake what follows a call that changed.

    A call's first rating wakes nobody: what came before it looks for it by itself, so that calls pay nothing.
    """
    awaiting = [
        follower_of(key, course.awaiting, batch.recorded_at)
        for key, course in courses.items()
        if course.awaiting is not None and key not in known
    ]
    if awaiting:
        await followers.insert_followers(batch.connection, awaiting)
    ended, legs = set(), set()
    for key, course in courses.items():
        if course.state != "allocated" or key[2] > 1:
            for usage, _ in course.given:
                if usage.follows is None:
                    legs.add(key[:2])
                elif key in known:
                    ended.add(key)
    if ended or legs:
        await followers.end_and_wake(batch.connection, ended, legs, batch.recorded_at)


def follower_of(key: RatingKey, usage: RatedUsage, now: datetime) -> Follower:
    """A use that has just come, to be looked at by the job."""
    assert usage.follows is not None, "what follows no call is charged at once"
    said = to_json(usage).decode()
    return Follower(key=key, follows=usage.follows, state="waiting", waits_since=now, look_at=now, rated_usage=said)


async def _course(
    batch: Batch, views: Mapping[str, DirectoryView], events: Sequence[Event[Any]], row: RatingRow | None
) -> Course:
    """Follow the messages about one rating from where it stands (`row`), in the order of the log."""
    course = Course()
    if row is not None:
        course.state, course.use_on = row.state, row.use_on
        course.rated_usage_id, course.reversal_id = row.rated_usage_id, row.reversal_id
    for event in events:
        usage: RatedUsage = event.data
        is_reversal, follows_call = usage.kind == "reversal", usage.follows is not None
        step, course.state = next_step(course.state, is_reversal=is_reversal, follows_call=follows_call)
        if step is Step.REPEAT:
            course.repeats.append(event)
            continue
        if row is None:
            course.use_on = usage.use_on
        if is_reversal:
            course.reversal_id = usage.rated_usage_id
        else:
            course.rated_usage_id = usage.rated_usage_id
        if step is Step.WAIT:
            course.waiting = usage
        elif step is Step.AWAIT_CALL:
            course.awaiting = usage
        elif step is Step.CHARGE_NOBODY_AND_TAKE_BACK:
            await _charge_nobody(batch.connection, course, usage, views[usage.account_id])
            _take_back(course, event, usage, course.live or ())
        elif step is Step.TAKE_BACK:
            _take_back(course, event, usage, await _live(batch.connection, course, row))
        else:
            _charge(course, usage, views[usage.account_id])
            if step is Step.CHARGE_AND_TAKE_BACK:
                reversal = course.waiting or await _waited(batch.connection, usage)
                course.waiting = None
                _take_back(course, event, reversal, course.live or ())
    return course


async def _charge_nobody(connection: Connection, course: Course, reversal: RatedUsage, view: DirectoryView) -> None:
    """Charge to nobody what awaits its call no longer, so that there is something to take back."""
    usage = course.awaiting
    if usage is None:
        key = (reversal.account_id, reversal.usage_id, reversal.rating_revision)
        usage = _RATED_USAGE.validate_json(await followers.find_rated_usage(connection, key))
    course.awaiting = None
    _give(course, usage, Allocation(rule="unassigned"), view)


def _charge(course: Course, usage: RatedUsage, view: DirectoryView) -> None:
    """The use's shares by the directory at its charging instant.

    It is put into the view's own zone object first: comparing instants of one zone is many times cheaper.
    """
    if usage.follows is not None:
        # Its reversal came first: nobody need find its call any more.
        _give(course, usage, Allocation(rule="unassigned"), view)
        return
    allocation = allocate(
        view,
        occurred_at=usage.occurred_at.astimezone(UTC),
        own_number=usage.own_number,
        user_id=usage.user_id,
        unit_override=usage.unit_override,
    )
    _give(course, usage, allocation, view)


def _give(course: Course, usage: RatedUsage, allocation: Allocation, view: DirectoryView) -> None:
    course.live = shares_of(
        quantities_of(usage),
        allocation,
        usage_id=usage.usage_id,
        rating_revision=usage.rating_revision,
        allocation_revision=FIRST_ALLOCATION,
        directory_revision=view.revision,
    )
    course.given.extend([(usage, share) for share in course.live])


def _take_back(course: Course, event: Event[Any], reversal: RatedUsage, live: Sequence[Share]) -> None:
    """Mirror the live shares. Raises RecordFailed when they are not what the reversal takes back."""
    mirrored = taken_back(live, usage_id=reversal.usage_id, rating_revision=reversal.rating_revision)
    if added(mirrored) != quantities_of(reversal) or any(
        usage.currency != reversal.currency for usage, _ in course.given
    ):
        charged = added(live)
        detail = (
            f"usage {reversal.usage_id} was charged {charged.amount} for {charged.billed_s} s, its reversal takes "
            f"back {reversal.amount} for {reversal.billed_s} s: a reversal repeats its original negated"
        )
        raise RecordFailed(event, "reversal_differs", detail)
    course.given.extend([(reversal, share) for share in mirrored])


async def _live(connection: Connection, course: Course, row: RatingRow | None) -> Sequence[Share]:
    """The shares to take back: given just now, or stored."""
    if course.live is not None:
        return course.live
    assert row is not None, "a rating allocated before this batch has a row"
    return await charges.list_charges(connection, row.key[0], row.use_on, row.charge_ids)


async def _waited(connection: Connection, usage: RatedUsage) -> RatedUsage:
    """The reversal that came before this use."""
    key = (usage.account_id, usage.usage_id, usage.rating_revision)
    return _RATED_USAGE.validate_json(await charges.take_reversal_wait(connection, key))


async def _wait(batch: Batch, key: RatingKey, reversal: RatedUsage) -> None:
    await charges.insert_reversal_wait(
        batch.connection,
        key,
        rated_usage_id=reversal.rated_usage_id,
        currency=reversal.currency,
        booked_period=reversal.booked_period,
        amount=reversal.amount,
        calls=reversal.calls,
        billed_s=reversal.billed_s,
        rated_usage=to_json(reversal),
        recorded_at=batch.recorded_at,
    )
