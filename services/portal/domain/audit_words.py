"""The audit log in words: which logs there are, what each action is called, and what changed from what to what."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """One service's log. path: below `/api/v1/`; service: who keeps it, None for portal itself."""

    slug: str
    name: str
    path: str
    service: str | None


LOGS = (
    Log(slug="units", name="Billing units", path="audit/billing-units", service="billing_units"),
    Log(slug="prices", name="Prices", path="audit/usage-rating", service="usage_rating"),
    Log(slug="people", name="People and API keys", path="audit", service=None),
)

_THINGS = {
    "account": "Account",
    "user": "User",
    "team": "Team",
    "membership": "Team membership",
    "number": "Number",
    "unit": "Billing unit",
    "assignment": "Assignment",
    "person": "Person",
    "api-key": "API key",
    "budget": "Budget",
    "unassigned-alert": "Threshold of Unassigned",
}
_DONE = {"create": "added", "change": "changed", "delete": "removed", "revoke": "revoked"}
_ACTIONS = {
    "plan.import": "Prices imported",
    "person.sign-out": "Signed out everywhere",
    "sign-in": "Signed in",
    "sign-out": "Signed out",
    "conflict.keep-first": "Conflict decided: what came first stands",
}
_FIELDS = {
    "from_at": "from",
    "until_at": "until",
    "archived_at": "archived",
    "member_kind": "kind",
    "left_out": "also changed, content not kept",
    "sha256": "document",
    "effective_at": "effective from",
}
_UNSAID = frozenset({"version", "assignment_id", "activation_id"})
"""Fields that only programs ask for; exports have them."""

_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(Z|[+-][0-9]{2}:[0-9]{2})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One field. was: before, None where there was nothing; now: after, None where nothing is left or it stays."""

    field: str
    was: str | None
    now: str | None


def action_words(action: str) -> str:
    """What an action is called; one that has no name of its own is read as it is written."""
    thing, _, verb = action.partition(".")
    if action in _ACTIONS:
        return _ACTIONS[action]
    if thing in _THINGS and verb in _DONE:
        return f"{_THINGS[thing]} {_DONE[verb]}"
    return action.replace(".", " ").replace("-", " ").capitalize()


def differences(before: str | None, after: str | None, zone: ZoneInfo) -> Sequence[Difference]:
    """What an entry says of each field; a field that stays is told once."""
    was, now = _fields(before), _fields(after)
    found = []
    for name in dict.fromkeys([*now, *was]):
        if name in _UNSAID:
            continue
        old = _value(name, was[name], zone) if name in was else None
        new = _value(name, now[name], zone) if name in now else None
        stays = name in was and name in now and was[name] == now[name]
        word = _FIELDS.get(name, name.replace("_", " "))
        found.append(Difference(field=word, was=None if stays else old, now=new))
    return found


def _fields(text: str | None) -> Mapping[str, Any]:
    """The fields of a before or after; what is no JSON object is one field of its own."""
    if text is None:
        return {}
    try:
        said = json.loads(text)
    except ValueError:
        said = text
    return said if isinstance(said, dict) else {"value": said}


def _value(name: str, value: Any, zone: ZoneInfo) -> str:
    """A field's value; who has no limit to units sees all of them."""
    return "all" if name == "units" and value is None else _words(value, zone)


def _words(value: Any, zone: ZoneInfo) -> str:
    match value:
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(_words(one, zone) for one in value) or "none"
        case dict():
            return ", ".join(f"{_FIELDS.get(name, name)} {_words(one, zone)}" for name, one in value.items())
        case str() if _INSTANT.fullmatch(value):
            return datetime.fromisoformat(value).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
        case _:
            return str(value).replace("_", " ") if value in _PRIVILEGES else str(value)


_PRIVILEGES = frozenset({"edit_billing", "view_billing_unit", "edit_billing_unit"})
