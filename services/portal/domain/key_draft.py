"""An API key being asked for on its page: held by the form until it is made."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from contracts.values.access import KEY_PRIVILEGES, UNITS_MAX, Privilege

NAME_LENGTH_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyDraft:
    """What the form says. units: names or ids of the only units it may see, none for all; day: on which it ends."""

    name: str
    may: frozenset[Privilege]
    units: tuple[str, ...]
    day: str

    def problems(self) -> list[str]:
        """What is wrong with it, in sentences."""
        found = []
        if not self.name:
            found.append("Give the key a name that says what it is for.")
        elif len(self.name) > NAME_LENGTH_MAX or not self.name.isprintable():
            found.append(f"A name has at most {NAME_LENGTH_MAX} characters, all of them visible.")
        if not self.may:
            found.append("Choose at least one thing that the key may do.")
        if len(self.units) > UNITS_MAX:
            found.append(f"A key is limited to at most {UNITS_MAX} units, or to none.")
        if self.units and Privilege.PUBLISH_EVENTS in self.may:
            found.append("Events are published for the whole account: limit this key to no unit, or make two keys.")
        return found


def read_key_draft(fields: Mapping[str, Sequence[str]]) -> KeyDraft:
    """The key that a form asks for; a privilege that no key is given is left out."""
    wanted = frozenset(fields.get("may", ()))
    return KeyDraft(
        name=_first(fields.get("name", ())),
        may=frozenset(privilege for privilege in KEY_PRIVILEGES if privilege.value in wanted),
        units=tuple(
            dict.fromkeys(line.strip() for line in _first(fields.get("units", ())).splitlines() if line.strip())
        ),
        day=_first(fields.get("day", ())),
    )


def _first(values: Iterable[str]) -> str:
    return next(iter(values), "").strip()
