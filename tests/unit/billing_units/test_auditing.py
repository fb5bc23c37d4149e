"""What the audit log keeps of a change of the directory: what changed, by ids, and nobody's name."""

import json
from dataclasses import replace
from typing import Any

import pytest

from contracts.events.directory import SplitChange
from services.billing_units.domain.auditing import LEFT_OUT, change_of
from services.billing_units.handlers.auditing import change_to
from services.billing_units.handlers.entries import entry_of
from tests.support.directory import (
    NUMBER,
    a_membership,
    a_number,
    a_team,
    a_unit,
    a_user,
    an_account,
    an_assignment,
    at,
    unit_id,
)


def changed(data: Any, former: Any = None) -> tuple[str, str, Any, Any]:
    """Action, subject, before and after of a statement that follows another."""
    row = None if former is None else {name: getattr(former, name) for name in former.__dataclass_fields__}
    found = change_to(entry_of(data, None), row)
    before, after = (None if text is None else json.loads(text) for text in (found.before, found.after))
    return found.action, found.subject, before, after


def test_a_renamed_unit_tells_both_names() -> None:
    unit = a_unit("Claims")
    assert changed(unit) == (
        "unit.create",
        unit.unit_id,
        None,
        {"unit_id": unit.unit_id, "version": 1, "name": "Claims"},
    )
    renamed = replace(unit, version=2, name="Retention")
    assert changed(renamed, unit) == (
        "unit.change",
        unit.unit_id,
        {"version": 1, "name": "Claims"},
        {"version": 2, "name": "Retention"},
    )


def test_a_released_assignment_is_a_change_of_its_unit() -> None:
    held = an_assignment(weight=2)
    released = replace(held, version=2, until_at=at("2026-07-01T12:00:00+02:00"))
    kept = {"assignment_id": held.assignment_id, "member_kind": "number", "member": NUMBER}
    assert changed(released, held) == (
        "assignment.change",
        unit_id("Claims"),
        kept | {"version": 1, "until_at": None},
        kept | {"version": 2, "until_at": "2026-07-01T10:00:00Z"},
    )
    assert changed(replace(held, version=2, deleted=True), held)[0] == "assignment.delete"


@pytest.mark.parametrize("entry", [an_account(), a_user(), a_team()])
def test_names_and_addresses_of_people_are_never_kept(entry: Any) -> None:
    renamed = replace(entry, version=2, name="Eve Holt")
    text = str((changed(entry), changed(renamed, entry), changed(renamed)))
    for name in ("Ada", "Harbour", "Evening", "Eve", "@"):
        assert name not in text
    kind = entry_of(entry, None).kind
    assert LEFT_OUT[kind] <= set(entry.__dataclass_fields__)
    assert changed(renamed, entry)[2:] == (
        {"version": 1, "left_out": ["name"]},
        {"version": 2, "left_out": ["name"]},
    )


def test_every_kind_says_what_it_is_about() -> None:
    subjects = [changed(entry)[1] for entry in (an_account(), a_user(), a_team(), a_number(), a_membership())]
    assert subjects == ["harbour-care", "agent-17", "evening", NUMBER, "evening"]
    assert changed(a_membership())[3]["user_id"] == "agent-17"


def test_a_planned_policy_is_told_as_it_stands_in_a_row() -> None:
    account = an_account(split_changes=(SplitChange(from_at=at("2026-08-01T02:00:00+02:00"), policy="weighted"),))
    row = {name: getattr(account, name) for name in account.__dataclass_fields__}
    row["split_changes"] = '[{"policy": "weighted", "from_at": "2026-08-01T00:00:00Z"}]'
    found = change_to(entry_of(replace(account, version=2), None), row)
    assert json.loads(found.after or "") == {"version": 2}


def test_a_first_statement_that_it_never_was_is_still_told() -> None:
    found = change_of("team", "evening", None, {"team_id": "evening", "name": None, "deleted": True, "version": 1})
    assert (found.action, found.after) == ("team.create", '{"team_id": "evening", "deleted": true, "version": 1}')
