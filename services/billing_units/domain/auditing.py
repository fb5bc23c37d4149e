"""What the audit log keeps of a change of the directory: the fields that changed, and none that names a person."""

import json
from collections.abc import Mapping
from typing import Any

from contracts.values.audit import Change

Said = Mapping[str, Any]
"""A directory entry's fields as JSON has them: text, numbers, lists."""

LEFT_OUT: Mapping[str, frozenset[str]] = {
    "account": frozenset({"name"}),
    "user": frozenset({"name", "email"}),
    "team": frozenset({"name"}),
}
"""By kind of entry, fields whose content is not kept, because an entry of the log cannot be erased: people's names
and e-mail addresses, and names of accounts and teams, which may be people's. That they changed is kept
(`left_out`). A unit's name is no person's."""

KEPT: Mapping[str, tuple[str, ...]] = {
    "assignment": ("assignment_id", "member_kind", "member"),
    "membership": ("membership_id", "user_id"),
}
"""By kind, fields that say which entry it is, and stay although they do not change."""

SUBJECT: Mapping[str, str] = {"assignment": "unit_id", "membership": "team_id"}
"""By kind, the field that names what the change is about, so that one question finds a unit's whole history; else
the entry's own id."""


def change_of(kind: str, entry_id: str, before: Said | None, after: Said) -> Change:
    """The change from one version of an entry, None where it is new, to the next."""
    verb = "create" if before is None else "delete" if after["deleted"] and not before["deleted"] else "change"
    differing = [name for name in after if before is None or before[name] != after[name]]
    return Change(
        action=f"{kind}.{verb}",
        subject=str(after[SUBJECT[kind]]) if kind in SUBJECT else entry_id,
        before=None if before is None else _text(kind, before, differing),
        after=_text(kind, after, differing, new=before is None),
    )


def _text(kind: str, said: Said, differing: list[str], *, new: bool = False) -> str:
    hidden = LEFT_OUT.get(kind, frozenset())
    wanted = [name for name in said if name in differing or name in KEPT.get(kind, ())]
    kept = {name: said[name] for name in wanted if name not in hidden and name != "account_id"}
    if new:
        kept = {name: value for name, value in kept.items() if value not in (None, [], False)}
    left_out = sorted(name for name in differing if name in hidden and said[name] is not None)
    return json.dumps(kept | ({"left_out": left_out} if left_out else {}), ensure_ascii=False)
