"""The contact centre of the benchmark: one account, 20 units, 2,000 numbers and 400 users in 40 teams."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from cli.publishing import PlatformRecord
from contracts.events.directory import (
    ACCOUNT_RECORDED,
    ASSIGNMENT_RECORDED,
    NUMBER_RECORDED,
    TEAM_MEMBERSHIP_RECORDED,
    TEAM_RECORDED,
    UNIT_RECORDED,
    USER_RECORDED,
    AccountRecorded,
    AssignmentRecorded,
    MemberKind,
    NumberRecorded,
    TeamMembershipRecorded,
    TeamRecorded,
    UnitRecorded,
    UserRecorded,
)
from contracts.events.envelope import EventType, encode
from contracts.topics import DIRECTORY

ACCOUNT_ID = "bench"
SOURCE = "bench-platform"
OPENED_AT = datetime(2018, 11, 1, tzinfo=UTC)
ZONE = "Europe/Berlin"
CURRENCY = "EUR"

UNITS = tuple(str(UUID(int=(7 << 76) | (2 << 62) | number)) for number in range(20))
NUMBERS = tuple(f"+493020{number:05d}" for number in range(2000))
USERS = tuple(f"user-{number:04d}" for number in range(400))
TEAMS = tuple(f"team-{number:02d}" for number in range(40))

NUMBERS_IN_UNITS = 1700
"""The other numbers leave a call to its user."""

USERS_OF_THEIR_OWN = 150
"""Users in a unit directly; of all users, those in the second half of the teams are in one through it."""

TEAMS_IN_UNITS = TEAMS[20:]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    kind: EventType[Any]
    identity: str
    data: object


def directory_records() -> Iterator[PlatformRecord]:
    """The whole directory as the platform publishes it: entities first, then who belongs where."""
    for entry in (*_entities(), *_assignments()):
        yield PlatformRecord(
            topic=DIRECTORY.name,
            key=ACCOUNT_ID.encode(),
            value=encode(kind=entry.kind, event_id=entry.identity, source=SOURCE, time=OPENED_AT, data=entry.data),
        )


def assignment_count() -> int:
    """How many assignments the directory ends with."""
    return sum(1 for _ in _assignments())


def _entities() -> Iterator[_Entry]:
    account = AccountRecorded(account_id=ACCOUNT_ID, version=1, name="Bench", currency=CURRENCY, zone=ZONE)
    yield _Entry(kind=ACCOUNT_RECORDED, identity="account", data=account)
    for unit_id in UNITS:
        unit = UnitRecorded(account_id=ACCOUNT_ID, unit_id=unit_id, version=1, name=f"Unit {unit_id[-4:]}")
        yield _Entry(kind=UNIT_RECORDED, identity=f"unit/{unit_id}", data=unit)
    for team_id in TEAMS:
        team = TeamRecorded(account_id=ACCOUNT_ID, team_id=team_id, version=1, name=team_id)
        yield _Entry(kind=TEAM_RECORDED, identity=team_id, data=team)
    for position, user_id in enumerate(USERS):
        user = UserRecorded(account_id=ACCOUNT_ID, user_id=user_id, version=1, name=user_id)
        yield _Entry(kind=USER_RECORDED, identity=user_id, data=user)
        member = TeamMembershipRecorded(
            account_id=ACCOUNT_ID,
            membership_id=f"member-{user_id}",
            version=1,
            team_id=TEAMS[position % len(TEAMS)],
            user_id=user_id,
            from_at=OPENED_AT,
        )
        yield _Entry(kind=TEAM_MEMBERSHIP_RECORDED, identity=member.membership_id, data=member)
    for number in NUMBERS:
        held = NumberRecorded(account_id=ACCOUNT_ID, number=number, version=1, from_at=OPENED_AT)
        yield _Entry(kind=NUMBER_RECORDED, identity=f"number/{number}", data=held)


def _assignments() -> Iterator[_Entry]:
    for position, number in enumerate(NUMBERS[:NUMBERS_IN_UNITS]):
        yield _assignment("number", number, position)
    for position, user_id in enumerate(USERS[:USERS_OF_THEIR_OWN]):
        yield _assignment("user", user_id, position + 1)
    for position, team_id in enumerate(TEAMS_IN_UNITS):
        yield _assignment("team", team_id, position)


def _assignment(kind: MemberKind, member: str, position: int) -> _Entry:
    offset = {"number": 0, "user": 1 << 32, "team": 2 << 32}[kind]
    assigned = AssignmentRecorded(
        account_id=ACCOUNT_ID,
        assignment_id=str(UUID(int=(7 << 76) | (2 << 62) | offset | position)),
        version=1,
        unit_id=UNITS[position % len(UNITS)],
        member_kind=kind,
        member=member,
        from_at=OPENED_AT,
    )
    return _Entry(kind=ASSIGNMENT_RECORDED, identity=f"assignment/{assigned.assignment_id}", data=assigned)
