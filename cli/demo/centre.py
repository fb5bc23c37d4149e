"""The demo's contact centre: its account, people, numbers and billing units, the same every time.

Only the calls depend on the seed: another seed adds other calls to the same centre instead of contradicting it.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache

from cli.demo.desks import ALPINA, CUSTOMER_CARE, DESKS, FAMILY_NAMES, GIVEN_NAMES, SALES, UNITS, Desk
from cli.demo.numbers import own_numbers
from contracts.events.directory import (
    AccountRecorded,
    AssignmentRecorded,
    MemberKind,
    NumberKind,
    NumberRecorded,
    TeamMembershipRecorded,
    TeamRecorded,
    UnitRecorded,
    UserRecorded,
)
from contracts.values.calendar import Period, period_of, start_of_day, zone_of
from contracts.values.ids import IdKind, derived_id

ACCOUNT_ID = "demo"
CURRENCY = "EUR"
ZONE = zone_of("Europe/Berlin")
MONTH: Period = period_of(date(2026, 10, 1))
"""October 2026: its last Sunday has 25 hours, so the clock change is played as well."""

OPENED_AT = start_of_day(date(2026, 1, 1), ZONE)
"""Since when the centre has its numbers, people and units, in UTC."""

MOVED_AT = datetime(2026, 10, 15, 10, 0, tzinfo=UTC)
"""When one of Customer care's numbers goes to the Alpina hotline: noon on a working day, between two calls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff:
    """A desk with the ids of its users and the numbers it uses, in E.164."""

    desk: Desk
    team_id: str
    user_ids: tuple[str, ...]
    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Centre:
    """The whole directory as its messages, and who works where."""

    account: AccountRecorded
    units: tuple[UnitRecorded, ...]
    teams: tuple[TeamRecorded, ...]
    users: tuple[UserRecorded, ...]
    memberships: tuple[TeamMembershipRecorded, ...]
    numbers: tuple[NumberRecorded, ...]
    assignments: tuple[AssignmentRecorded, ...]
    staff: tuple[Staff, ...]
    moved_number: str


@cache
def contact_centre() -> Centre:
    """3 units, 40 users in 5 teams, 60 numbers; 4 numbers and 2 users belong to no unit, 1 user to two."""
    numbers = _numbers()
    staff = _staff(numbers)
    moved = staff[0].numbers[0]
    return Centre(
        account=AccountRecorded(
            account_id=ACCOUNT_ID,
            version=1,
            name="Nordstern contact centre (demo)",
            currency=CURRENCY,
            zone=ZONE.key,
            anchor_day=1,
        ),
        units=tuple(
            UnitRecorded(account_id=ACCOUNT_ID, unit_id=unit_id(name), version=1, name=name) for name in UNITS
        ),
        teams=tuple(
            TeamRecorded(account_id=ACCOUNT_ID, team_id=each.team_id, version=1, name=each.desk.team)
            for each in staff
        ),
        users=_users(staff),
        memberships=tuple(
            TeamMembershipRecorded(
                account_id=ACCOUNT_ID,
                membership_id=f"{each.team_id}.{user_id}",
                version=1,
                team_id=each.team_id,
                user_id=user_id,
                from_at=OPENED_AT,
            )
            for each in staff
            for user_id in each.user_ids
        ),
        numbers=tuple(number for block in numbers for number in block),
        assignments=_assignments(staff, moved),
        staff=staff,
        moved_number=moved,
    )


def unit_id(name: str) -> str:
    """The id of the demo's unit of that name."""
    return str(derived_id(IdKind.DIRECTORY, ACCOUNT_ID, "unit", name))


def _numbers() -> tuple[tuple[NumberRecorded, ...], ...]:
    """The numbers of each desk. Desks that share a country and kind continue each other's row."""
    used: dict[tuple[str, NumberKind], int] = {}
    desks: list[tuple[NumberRecorded, ...]] = []
    for desk in DESKS:
        mine: list[NumberRecorded] = []
        for block in desk.numbers:
            start = used.get((block.region, block.kind), 0)
            used[block.region, block.kind] = start + block.count
            mine += [
                NumberRecorded(
                    account_id=ACCOUNT_ID,
                    number=number,
                    version=1,
                    from_at=OPENED_AT,
                    country=block.region,
                    kind=block.kind,
                )
                for number in own_numbers(block.region, block.kind, start + block.count)[start:]
            ]
        desks.append(tuple(mine))
    return tuple(desks)


def _staff(numbers: tuple[tuple[NumberRecorded, ...], ...]) -> tuple[Staff, ...]:
    staff: list[Staff] = []
    seat = 0
    for desk, mine in zip(DESKS, numbers, strict=True):
        staff.append(
            Staff(
                desk=desk,
                team_id=desk.team.lower().replace(" ", "-"),
                user_ids=tuple(f"agent-{seat + place + 1:02d}" for place in range(desk.seats)),
                numbers=tuple(number.number for number in mine),
            )
        )
        seat += desk.seats
    return tuple(staff)


def _users(staff: tuple[Staff, ...]) -> tuple[UserRecorded, ...]:
    given, family = GIVEN_NAMES.split(), FAMILY_NAMES.split()
    ids = [user_id for each in staff for user_id in each.user_ids]
    people = [(given[at % len(given)], family[(at + at // len(given)) % len(family)]) for at in range(len(ids))]
    return tuple(
        UserRecorded(
            account_id=ACCOUNT_ID,
            user_id=user_id,
            version=1,
            name=f"{first} {last}",
            email=f"{first}.{last}@example.com".lower(),
        )
        for user_id, (first, last) in zip(ids, people, strict=True)
    )


def _assignments(staff: tuple[Staff, ...], moved: str) -> tuple[AssignmentRecorded, ...]:
    """Teams and numbers go to their desk's unit; of the back office only some people have one."""
    made: list[AssignmentRecorded] = []
    for each in staff:
        if each.desk.unit is None:
            continue
        made.append(_assignment(each.desk.unit, "team", each.team_id))
        made += [_assignment(each.desk.unit, "number", number) for number in each.numbers if number != moved]
    made.append(_assignment(CUSTOMER_CARE, "number", moved, until_at=MOVED_AT))
    made.append(_assignment(ALPINA, "number", moved, from_at=MOVED_AT))
    shared, buyer, controller, clerk, *_in_no_unit = staff[-1].user_ids
    made += [_assignment(unit, "user", shared) for unit in (CUSTOMER_CARE, ALPINA)]
    made += [
        _assignment(unit, "user", user)
        for unit, user in ((SALES, buyer), (CUSTOMER_CARE, controller), (SALES, clerk))
    ]
    return tuple(made)


def _assignment(
    unit: str,
    member_kind: MemberKind,
    member: str,
    *,
    from_at: datetime = OPENED_AT,
    until_at: datetime | None = None,
) -> AssignmentRecorded:
    made = derived_id(IdKind.DIRECTORY, ACCOUNT_ID, "assignment", unit, member_kind, member, from_at.isoformat())
    return AssignmentRecorded(
        account_id=ACCOUNT_ID,
        assignment_id=str(made),
        version=1,
        unit_id=unit_id(unit),
        member_kind=member_kind,
        member=member,
        from_at=from_at,
        until_at=until_at,
    )
