"""The demo's contact centre is as large as it says, valid, and has the special cases it is there to show."""

from collections import Counter

import phonenumbers

from cli.demo.centre import MOVED_AT, contact_centre
from contracts.values.phone import is_e164


def test_it_has_the_size_that_is_promised() -> None:
    centre = contact_centre()
    assert len(centre.units) == 3
    assert len({user.user_id for user in centre.users}) == 40
    assert len({user.name for user in centre.users}) == 40
    assert len(centre.teams) == 5
    assert len({number.number for number in centre.numbers}) == 60


def test_every_number_is_e164_and_can_exist() -> None:
    for record in contact_centre().numbers:
        assert is_e164(record.number)
        number = phonenumbers.parse(record.number)
        assert phonenumbers.is_valid_number_for_region(number, record.country or "")


def test_every_user_sits_in_one_team() -> None:
    centre = contact_centre()
    teams = Counter(member.user_id for member in centre.memberships)
    assert teams == Counter(user.user_id for user in centre.users)
    assert {member.team_id for member in centre.memberships} == {team.team_id for team in centre.teams}


def test_the_moved_number_has_two_assignments_that_meet_at_one_instant() -> None:
    centre = contact_centre()
    before, after = sorted(
        (each for each in centre.assignments if each.member == centre.moved_number), key=lambda each: each.from_at
    )
    assert before.until_at == MOVED_AT == after.from_at
    assert after.until_at is None
    assert before.unit_id != after.unit_id


def test_no_other_number_is_assigned_twice_and_four_are_not_assigned() -> None:
    centre = contact_centre()
    assigned = Counter(each.member for each in centre.assignments if each.member_kind == "number")
    assert {number for number, times in assigned.items() if times > 1} == {centre.moved_number}
    assert len({number.number for number in centre.numbers} - assigned.keys()) == 4


def test_two_users_have_no_unit_and_one_has_two() -> None:
    centre = contact_centre()
    teams = {each.member: each.unit_id for each in centre.assignments if each.member_kind == "team"}
    units = {user.user_id: set[str]() for user in centre.users}
    for member in centre.memberships:
        if member.team_id in teams:
            units[member.user_id].add(teams[member.team_id])
    for each in centre.assignments:
        if each.member_kind == "user":
            units[each.member].add(each.unit_id)
    assert Counter(len(mine) for mine in units.values()) == {1: 37, 0: 2, 2: 1}


def test_units_and_members_named_in_assignments_exist() -> None:
    centre = contact_centre()
    units = {unit.unit_id for unit in centre.units}
    members = {
        "number": {number.number for number in centre.numbers},
        "user": {user.user_id for user in centre.users},
        "team": {team.team_id for team in centre.teams},
    }
    for each in centre.assignments:
        assert each.unit_id in units
        assert each.member in members[each.member_kind]
