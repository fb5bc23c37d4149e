"""A small reference model of who owes a call: written anew from the words of the law, over hours of one day."""

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

HOURS = 12
ALWAYS = HOURS + 1
"""Stands for an end that is not known."""


@dataclass(kw_only=True)
class Assigned:
    """A member of a unit in the hours [since, until)."""

    unit: str
    kind: str
    member: str
    since: int
    until: int = ALWAYS
    weight: int = 1
    primary: bool = False
    version: int = 1

    def holds(self, hour: int) -> bool:
        return self.since <= hour < self.until


@dataclass(kw_only=True)
class Joined:
    """A user's membership of a team."""

    team: str
    user: str
    since: int
    until: int = ALWAYS
    version: int = 1


@dataclass(kw_only=True)
class Called:
    """A call as it counts now. micros: its live price in millionths, None when it was taken back."""

    name: str
    hour: int
    number: str | None
    user: str | None
    names_unit: str | None
    rating: int = 1
    micros: int | None = None


@dataclass(kw_only=True)
class DirectoryModel:
    """Everything that decides. held: number → hours; ends: unit → the hour it is archived at."""

    held: dict[str, tuple[int, int]] = field(default_factory=dict)
    ends: dict[str, int] = field(default_factory=dict)
    assigned: dict[str, Assigned] = field(default_factory=dict)
    joined: dict[str, Joined] = field(default_factory=dict)
    policies: list[tuple[int, str]] = field(default_factory=list)

    def refuses(self, name: str, wanted: Assigned) -> bool:
        """Whether another assignment of the same number shares an hour with it."""
        if wanted.kind != "number":
            return False
        return any(
            other.member == wanted.member and max(other.since, wanted.since) < min(other.until, wanted.until)
            for key, other in self.assigned.items()
            if key != name and other.kind == "number"
        )

    def owes(self, call: Called, id_of: Callable[[str], str]) -> dict[str | None, int]:
        """Unit → millionths; None: nobody. id_of: a unit's id, which breaks ties of remainders (DESIGN §3)."""
        weights = self._weights(call)
        micros = call.micros or 0
        if not weights:
            return {None: micros}
        whole = sum(weights.values())
        exact = {unit: Fraction(micros * weight, whole) for unit, weight in weights.items()}
        shares: dict[str | None, int] = {unit: int(share) for unit, share in exact.items()}
        order = sorted(exact, key=lambda unit: (int(exact[unit]) - exact[unit], id_of(unit)))
        for unit in order[: micros - sum(shares.values())]:
            shares[unit] += 1
        return shares

    def _weights(self, call: Called) -> dict[str, int]:
        hour = call.hour
        if call.names_unit is not None and hour < self.ends.get(call.names_unit, -1):
            return {call.names_unit: 1}
        if call.number is not None:
            since, until = self.held[call.number]
            if since <= hour < until:
                for each in self.assigned.values():
                    if each.kind == "number" and each.member == call.number and self._lives(each, hour):
                        return {each.unit: 1}
        return self._weights_of_user(call.user, hour)

    def _weights_of_user(self, user: str | None, hour: int) -> dict[str, int]:
        teams = {
            each.team for each in self.joined.values() if each.user == user and each.since <= hour < each.until
        }
        living = [each for each in self.assigned.values() if self._lives(each, hour)]
        own = [each for each in living if (each.kind, each.member) == ("user", user)]
        through = [each for each in living if each.kind == "team" and each.member in teams]
        units = {each.unit for each in (*own, *through)}
        if len(units) < 2:
            return dict.fromkeys(units, 1)
        policy = "equal"
        for since, name in self.policies:
            if since <= hour:
                policy = name
        if policy == "weighted":
            highest = {unit: max(a.weight for a in through if a.unit == unit) for unit in {a.unit for a in through}}
            return highest | {unit: max(a.weight for a in own if a.unit == unit) for unit in {a.unit for a in own}}
        if policy == "primary":
            for group in (own, through):
                marked = sorted((each.since, each.unit) for each in group if each.primary)
                if marked:
                    return {marked[0][1]: 1}
        return dict.fromkeys(units, 1)

    def _lives(self, each: Assigned, hour: int) -> bool:
        return each.holds(hour) and hour < self.ends.get(each.unit, -1)
