"""Who takes part in a fault run: accounts with units, numbers, users and teams, and who belongs where when."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from tests.live.faults.prices import WINDOW_BEGINS, WINDOW_MIDDLE

Span = tuple[str, datetime, datetime]
"""A unit with the instants between which something belongs to it."""

OPENED = datetime(2026, 1, 1, tzinfo=UTC)
FOR_EVER = datetime(2099, 1, 1, tzinfo=UTC)
MOVE = WINDOW_BEGINS + timedelta(hours=8)
"""A move that the directory knows from the start."""
LATE_MOVE = WINDOW_BEGINS + timedelta(hours=14)
"""A move that is announced while calls flow, before the first call from this instant on."""
NOBODYS_UNIT = "00000000-0000-4000-8000-000000000000"
_NAMESPACE = UUID("2f1b1b52-1f0e-5d57-9c0e-6a4b7a1f0c11")


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One tenant. numbers and users: to which units each belongs, and when; held: the numbers it has."""

    account_id: str
    zone: str
    units: dict[str, datetime]
    """Unit id → when it is archived, FOR_EVER if never."""
    numbers: dict[str, tuple[Span, ...]]
    users: dict[str, tuple[Span, ...]]
    held: frozenset[str]
    entries: tuple[tuple[str, dict[str, Any]], ...]
    """The directory at the start: event type and data, in the order in which they are published."""
    late_entries: tuple[tuple[str, dict[str, Any]], ...] = field(default=())

    def units_of(self, *, own_number: str, user: str | None, override: str | None, at: datetime) -> tuple[str, ...]:
        """Who owes a call at an instant, in order of unit ids; nobody: unassigned (DESIGN §7)."""
        if override is not None and at < self.units.get(override, OPENED):
            return (override,)
        if own_number in self.held:
            for unit, begins, ends in self.numbers.get(own_number, ()):
                if begins <= at < ends:
                    return (unit,)
        if user is None:
            return ()
        return tuple(sorted({unit for unit, begins, ends in self.users[user] if begins <= at < ends}))


def make_account(account_id: str, zone: str, number_stem: str) -> Account:
    """An account with five units, eight numbers of which two move, and six users of whom some are shared."""
    north, south, east, west, closed = (str(uuid5(_NAMESPACE, f"{account_id}/{n}")) for n in range(5))
    n = [f"{number_stem}{digit}" for digit in range(8)]
    numbers: dict[str, tuple[Span, ...]] = {
        n[0]: ((north, OPENED, FOR_EVER),),
        n[1]: ((north, OPENED, FOR_EVER),),
        n[2]: ((south, OPENED, FOR_EVER),),
        n[3]: ((east, OPENED, FOR_EVER),),
        n[4]: ((north, OPENED, MOVE), (south, MOVE, FOR_EVER)),
        n[5]: ((east, OPENED, LATE_MOVE), (west, LATE_MOVE, FOR_EVER)),
    }
    team = ((south, OPENED, FOR_EVER),)
    users: dict[str, tuple[Span, ...]] = {
        "u1": ((north, OPENED, FOR_EVER),),
        "u2": ((north, OPENED, FOR_EVER), (south, OPENED, FOR_EVER), (east, OPENED, FOR_EVER)),
        "u3": team,
        "u4": (*team, (south, OPENED, FOR_EVER), (west, OPENED, FOR_EVER)),
        "u5": (),
        "u6": ((south, WINDOW_MIDDLE, FOR_EVER),),
    }
    units = {north: FOR_EVER, south: FOR_EVER, east: FOR_EVER, west: FOR_EVER, closed: WINDOW_MIDDLE}
    entries = _Entries(account_id)
    early = list(entries.of_units(units))
    early += entries.of_people(users, south)
    early += entries.of_numbers(n[:7])
    early += entries.of_assignments(numbers, users)
    early.append(entries.account(zone))
    return Account(
        account_id=account_id,
        zone=zone,
        units=units,
        numbers=numbers,
        users=users,
        held=frozenset(n[:7]),
        entries=tuple(early),
        late_entries=tuple(entries.late),
    )


@dataclass(slots=True)
class _Entries:
    """Writes directory events; `late` gathers those that are held back."""

    account_id: str
    late: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def _entry(self, kind: str, **data: Any) -> tuple[str, dict[str, Any]]:
        return f"ringledger.{kind}-recorded.v1", {"account_id": self.account_id, "version": 1, **data}

    def account(self, zone: str) -> tuple[str, dict[str, Any]]:
        return self._entry("account", name=self.account_id, currency="EUR", zone=zone)

    def of_units(self, units: dict[str, datetime]) -> Iterator[tuple[str, dict[str, Any]]]:
        for number, (unit, ends) in enumerate(units.items()):
            archived = None if ends == FOR_EVER else written(ends)
            yield self._entry("unit", unit_id=unit, name=f"Unit {number}", archived_at=archived)

    def of_people(self, users: dict[str, tuple[Span, ...]], team_unit: str) -> list[tuple[str, dict[str, Any]]]:
        found = [self._entry("user", user_id=user, name=f"Agent {user}") for user in users]
        found.append(self._entry("team", team_id="t1", name="Team"))
        for user, begins in (("u3", OPENED), ("u4", OPENED), ("u6", WINDOW_MIDDLE)):
            member = {"membership_id": f"m-{user}", "team_id": "t1", "user_id": user, "from_at": written(begins)}
            found.append(self._entry("team-membership", **member))
        found.append(self._assignment("team", "t1", (team_unit, OPENED, FOR_EVER)))
        return found

    def of_numbers(self, held: list[str]) -> list[tuple[str, dict[str, Any]]]:
        return [self._entry("number", number=number, from_at=written(OPENED)) for number in held]

    def of_assignments(
        self, numbers: dict[str, tuple[Span, ...]], users: dict[str, tuple[Span, ...]]
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        direct = {"u1": users["u1"], "u2": users["u2"], "u4": users["u4"][1:]}
        for user, spans in direct.items():
            for span in spans:
                yield self._assignment("user", user, span)
        for number, spans in numbers.items():
            if spans[0][2] != LATE_MOVE:
                for span in spans:
                    yield self._assignment("number", number, span)
                continue
            yield self._assignment("number", number, (spans[0][0], OPENED, FOR_EVER))
            self.late.append(self._assignment("number", number, spans[0], begun=spans[0][1], version=2))
            self.late.append(self._assignment("number", number, spans[1]))

    def _assignment(
        self, kind: str, member: str, span: Span, *, begun: datetime | None = None, version: int = 1
    ) -> tuple[str, dict[str, Any]]:
        unit, begins, ends = span
        identity = f"{self.account_id}/{kind}/{member}/{unit}/{written(begun or begins)}"
        return self._entry(
            "assignment",
            version=version,
            assignment_id=str(uuid5(_NAMESPACE, identity)),
            unit_id=unit,
            member_kind=kind,
            member=member,
            from_at=written(begins),
            until_at=None if ends == FOR_EVER else written(ends),
        )


def written(at: datetime) -> str:
    """An instant in RFC 3339 with `Z`."""
    return at.isoformat().replace("+00:00", "Z")


NEWCOMER = "newcomer"
"""The account that appears only while its calls are waiting already."""


def make_cast() -> dict[str, Account]:
    """Two accounts known from the start and one that appears while the run is under way."""
    cast = (
        make_account("north-star", "Europe/Berlin", "+49302345670"),
        make_account("delta", "America/New_York", "+4930234568"),
        make_account(NEWCOMER, "Asia/Tokyo", "+49302345690"),
    )
    return {account.account_id: account for account in cast}
