"""The decision: every cell of the table of access, and the laws that hold for any caller."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.values.access import (
    ACCESS_GROUPS,
    EVERY_ACCOUNT,
    KEY_PRIVILEGES,
    Allowed,
    Caller,
    CallerKind,
    Denied,
    Policy,
    Privilege,
    Reach,
    Role,
    decide,
    privileges_of,
    privileges_of_key,
)

CALLERS = st.builds(
    Caller,
    account_id=st.sampled_from(["acme", EVERY_ACCOUNT]),
    kind=st.sampled_from(CallerKind),
    caller_id=st.just("x"),
    privileges=st.frozensets(st.sampled_from(Privilege)),
    units=st.none() | st.frozensets(st.sampled_from(["u1", "u2"])),
    request_id=st.just("r"),
)
POLICIES = st.builds(
    Policy, any_of=st.frozensets(st.sampled_from(sorted(ACCESS_GROUPS)), min_size=1), reach=st.sampled_from(Reach)
)


@given(CALLERS, POLICIES)
def test_nobody_gets_more_than_the_law_gives(caller: Caller, policy: Policy) -> None:
    verdict = decide(caller, policy)
    if Privilege.OPERATE in caller.privileges:
        assert verdict == Allowed(units=None)
    elif isinstance(verdict, Allowed):
        assert caller.privileges & policy.any_of
        assert verdict.units == caller.units
        assert caller.account_id != EVERY_ACCOUNT
        assert policy.reach is not Reach.INSTALLATION
        assert caller.units is None or policy.reach is Reach.UNITS


@given(CALLERS, POLICIES, st.sampled_from(sorted(ACCESS_GROUPS)))
def test_one_more_privilege_never_takes_anything_away(caller: Caller, policy: Policy, more: Privilege) -> None:
    richer = Caller(
        account_id=caller.account_id,
        kind=caller.kind,
        caller_id=caller.caller_id,
        privileges=caller.privileges | {more},
        units=caller.units,
        request_id=caller.request_id,
    )
    if isinstance(decide(caller, policy), Allowed):
        assert isinstance(decide(richer, policy), Allowed)


@pytest.mark.parametrize(
    ("account", "policy", "code"),
    [
        (EVERY_ACCOUNT, Policy(any_of=ACCESS_GROUPS), "operator_only"),
        ("acme", Policy(any_of=ACCESS_GROUPS, reach=Reach.INSTALLATION), "operator_only"),
        ("acme", Policy(any_of=frozenset({Privilege.ADMINISTER})), "missing_privilege"),
        ("acme", Policy(any_of=ACCESS_GROUPS), "limited_to_units"),
    ],
)
def test_a_refusal_says_why(account: str, policy: Policy, code: str) -> None:
    caller = Caller(
        account_id=account,
        kind=CallerKind.PERSON,
        caller_id="x",
        privileges=ACCESS_GROUPS,
        units=frozenset({"u1"}),
        request_id="r",
    )
    verdict = decide(caller, policy)
    assert isinstance(verdict, Denied)
    assert verdict.code == code and verdict.says.endswith(".")


def test_admin_has_everything_of_an_account_and_a_member_what_the_groups_give() -> None:
    assert privileges_of(Role.ADMIN, frozenset(), "access_groups") == ACCESS_GROUPS | {Privilege.ADMINISTER}
    for size in range(4):
        for groups in itertools.combinations(ACCESS_GROUPS, size):
            assert privileges_of(Role.MEMBER, frozenset(groups), "access_groups") == frozenset(groups)
    beyond = frozenset({Privilege.OPERATE, Privilege.ADMINISTER})
    assert privileges_of(Role.MEMBER, beyond, "access_groups") == frozenset()


@given(st.frozensets(st.sampled_from(Privilege)))
def test_with_basic_roles_admin_has_the_same_and_a_member_nothing(groups: frozenset[Privilege]) -> None:
    assert privileges_of(Role.ADMIN, groups, "basic_roles") == privileges_of(Role.ADMIN, groups, "access_groups")
    assert privileges_of(Role.MEMBER, groups, "basic_roles") == frozenset()


def test_events_are_published_by_keys_alone_and_no_key_administers() -> None:
    everything = frozenset(Privilege)
    assert privileges_of_key(everything) == KEY_PRIVILEGES == ACCESS_GROUPS | {Privilege.PUBLISH_EVENTS}
    for role in Role:
        assert Privilege.PUBLISH_EVENTS not in privileges_of(role, everything, "access_groups")
    assert not privileges_of_key(everything) & {Privilege.OPERATE, Privilege.ADMINISTER}
