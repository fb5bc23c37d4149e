"""Who may do what: the words of access, and the one pure function that decides.

Each service declares in its `domain/access.py` what each of its operations asks of a caller; this function
decides by that declaration and by what the caller's statement says. docs/access.md shows every answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

EVERY_ACCOUNT = "*"
"""Stands for all accounts at once; only an operator may act for it."""

UNITS_MAX = 100
"""At most so many units in a limit: it travels in a header with every request."""


class Privilege(StrEnum):
    """What a caller may do in an account.

    The three of billing are the security access groups. `administer` (people, keys, audit log) comes with the
    role Admin alone, `operate` (every account, plans for all) with the operator's key alone, `publish_events`
    (calls and directory as a platform says them) with an API key alone.
    """

    OPERATE = "operate"
    ADMINISTER = "administer"
    EDIT_BILLING = "edit_billing"
    VIEW_BILLING_UNIT = "view_billing_unit"
    EDIT_BILLING_UNIT = "edit_billing_unit"
    PUBLISH_EVENTS = "publish_events"


class Role(StrEnum):
    """The basic roles: of these only Admin reaches Billing (DESIGN §8)."""

    ADMIN = "admin"
    MEMBER = "member"


AccessModel = Literal["basic_roles", "access_groups"]
"""What decides in an account what its people may do: their role alone, or also the security access groups that they
are given (DESIGN §8)."""


ACCESS_GROUPS = frozenset({Privilege.EDIT_BILLING, Privilege.VIEW_BILLING_UNIT, Privilege.EDIT_BILLING_UNIT})
"""The privileges that security access groups give one by one."""

KEY_PRIVILEGES = ACCESS_GROUPS | {Privilege.PUBLISH_EVENTS}
"""What an API key may be given: what a person may be, and what only machines do."""

BILLING_UNITS_TAB = frozenset({Privilege.VIEW_BILLING_UNIT, Privilege.EDIT_BILLING_UNIT})
"""Either opens the Billing units tab; to view alone is read only."""

OTHER_TABS = frozenset({Privilege.EDIT_BILLING})
"""Opens the page's other eight tabs."""

ANY_TAB = ACCESS_GROUPS


class CallerKind(StrEnum):
    """What kind of principal asks."""

    PERSON = "person"
    API_KEY = "api_key"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks, as a verified statement says it.

    account_id: the account asked about, `*` for all. caller_id: the person's or key's id. units: the only units
    whose figures the caller may see, None for all. request_id: names the request in logs and answers.
    """

    account_id: str
    kind: CallerKind
    caller_id: str
    privileges: frozenset[Privilege]
    units: frozenset[str] | None
    request_id: str

    @property
    def author(self) -> str:
        """Who asks as records name it, by kind and id: `person 0199…`. Never a name: records cannot be erased."""
        return f"{self.kind.replace('_', ' ')} {self.caller_id}"


class Reach(StrEnum):
    """What a caller who is limited to units gets of an operation."""

    ACCOUNT = "account"
    """It shows or changes the account as a whole: refused."""

    UNITS = "units"
    """It narrows itself to the caller's units; any other unit is as one that does not exist."""

    INSTALLATION = "installation"
    """It belongs to no account: the operator's alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What an operation asks: one of the privileges `any_of` (none: it is enough to be known), and its reach."""

    any_of: frozenset[Privilege]
    reach: Reach = Reach.ACCOUNT


ANYBODY = Policy(any_of=frozenset(), reach=Reach.UNITS)
"""Whoever is known at all, such as to ask who one is."""

Policies = Mapping[str, Policy]
"""A service's operations, each named by its method and path: `GET /api/v1/billing-units`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """The caller may. units: what the operation must narrow itself to, None for nothing."""

    units: frozenset[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Denied:
    """The caller may not. code: stable, for programs; says: a sentence, for people."""

    code: str
    says: str


def decide(caller: Caller, policy: Policy) -> Allowed | Denied:
    """Whether a caller may do an operation, and within which units. Nothing else decides it."""
    if Privilege.OPERATE in caller.privileges:
        return Allowed(units=None)
    if caller.account_id == EVERY_ACCOUNT or policy.reach is Reach.INSTALLATION:
        return Denied(code="operator_only", says="Only an operator of this installation may do this.")
    if policy.any_of and not caller.privileges & policy.any_of:
        return Denied(code="missing_privilege", says=f"This asks for {_named(policy.any_of)}.")
    if caller.units is None:
        return Allowed(units=None)
    if policy.reach is Reach.ACCOUNT:
        return Denied(
            code="limited_to_units", says="This is about the whole account, and you are limited to certain units."
        )
    return Allowed(units=caller.units)


def privileges_of(role: Role, groups: frozenset[Privilege], access: AccessModel) -> frozenset[Privilege]:
    """What a person may do in an account: all of it as Admin, else what the access groups give.

    With basic roles a member may do nothing, whatever groups they were given; those count again with access groups.
    """
    if role is Role.ADMIN:
        return ACCESS_GROUPS | {Privilege.ADMINISTER}
    return groups & ACCESS_GROUPS if access == "access_groups" else frozenset()


def privileges_of_key(given: frozenset[Privilege]) -> frozenset[Privilege]:
    """What an API key may do in an account, whatever decides what its people may; it never administers."""
    return given & KEY_PRIVILEGES


def _named(privileges: frozenset[Privilege]) -> str:
    names = [privilege.value.replace("_", " ") for privilege in Privilege if privilege in privileges]
    return f"the privilege to {' or to '.join(names)}"
