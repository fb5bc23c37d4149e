"""The demo's directory, calls and other uses as Kafka records: CloudEvents whose ids follow from what they say.

Playing the same month again therefore gives the same bytes, and every record is a duplicate.
"""

from collections.abc import Iterator
from typing import Any

from cli.demo.centre import ACCOUNT_ID, OPENED_AT, Centre
from cli.demo.month import Told
from cli.demo.uses import ToldUse
from cli.publishing import PlatformRecord
from contracts.events.call import CALL_RECORDED
from contracts.events.directory import (
    ACCOUNT_RECORDED,
    ASSIGNMENT_RECORDED,
    NUMBER_RECORDED,
    TEAM_MEMBERSHIP_RECORDED,
    TEAM_RECORDED,
    UNIT_RECORDED,
    USER_RECORDED,
)
from contracts.events.envelope import EventType, encode
from contracts.events.usage import USAGE_RECORDED
from contracts.topics import CALLS, DIRECTORY, USAGE
from contracts.values.ids import IdKind, derived_id

SOURCE = "ringledger-demo"
"""The CloudEvents `source` of everything the demo plays."""


def directory_records(centre: Centre) -> Iterator[PlatformRecord]:
    """The account first, then what it consists of, then who belongs to which unit."""
    yield _entity(ACCOUNT_RECORDED, centre.account, "account", centre.account.version)
    for unit in centre.units:
        yield _entity(UNIT_RECORDED, unit, unit.unit_id, unit.version)
    for team in centre.teams:
        yield _entity(TEAM_RECORDED, team, team.team_id, team.version)
    for user in centre.users:
        yield _entity(USER_RECORDED, user, user.user_id, user.version)
    for member in centre.memberships:
        yield _entity(TEAM_MEMBERSHIP_RECORDED, member, member.membership_id, member.version)
    for number in centre.numbers:
        yield _entity(NUMBER_RECORDED, number, number.number, number.version)
    for assignment in centre.assignments:
        yield _entity(ASSIGNMENT_RECORDED, assignment, assignment.assignment_id, assignment.version)


def call_record(told: Told) -> PlatformRecord:
    """One call record; its key is account and call id, so that the legs of a call stay in one partition."""
    call = told.call
    event_id = derived_id(
        IdKind.USAGE, call.account_id, SOURCE, call.call_id, call.leg_id, "revision", str(call.revision)
    )
    return PlatformRecord(
        topic=CALLS.name,
        key=f"{call.account_id}|{call.call_id}".encode(),
        value=encode(kind=CALL_RECORDED, event_id=event_id, source=SOURCE, time=told.told_at, data=call),
    )


def usage_record(told: ToldUse) -> PlatformRecord:
    """One record of another use; what belongs to a call is keyed as the call is."""
    use = told.use
    event_id = derived_id(IdKind.USAGE, use.account_id, SOURCE, use.usage_key, "revision", str(use.revision))
    return PlatformRecord(
        topic=USAGE.name,
        key=f"{use.account_id}|{use.call_id or use.usage_key}".encode(),
        value=encode(kind=USAGE_RECORDED, event_id=event_id, source=SOURCE, time=told.told_at, data=use),
    )


def _entity(kind: EventType[Any], data: object, entity_id: str, version: int) -> PlatformRecord:
    event_id = derived_id(IdKind.DIRECTORY, ACCOUNT_ID, kind.name, entity_id, str(version))
    return PlatformRecord(
        topic=DIRECTORY.name,
        key=ACCOUNT_ID.encode(),
        value=encode(kind=kind, event_id=event_id, source=SOURCE, time=OPENED_AT, data=data),
    )
