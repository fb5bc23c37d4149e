"""The directory over HTTP: account, users, teams with dated membership, numbers; each entry put as a whole.

A statement that names its `version` is in order: an older one never overwrites a newer one. Without one it is
the next, and the same content again changes nothing.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Path
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from chassis.answers import ETAG
from chassis.asked import WHOLE, Moment
from chassis.web import Account, AskedBy, Problem, json_answer
from contracts.events.directory import (
    AccountRecorded,
    DirectoryEvent,
    NumberKind,
    NumberRecorded,
    SplitChange,
    SplitPolicy,
    TeamMembershipRecorded,
    TeamRecorded,
    UserRecorded,
)
from contracts.events.fields import (
    E164,
    AccountId,
    AnchorDay,
    CountryCode,
    CurrencyCode,
    Email,
    Identifier,
    Name,
    Revision,
    ZoneName,
)
from contracts.values.access import AccessModel
from services.billing_units.api.answers import PutEntry
from services.billing_units.api.preconditions import IfMatch, etag
from services.billing_units.api.problems import problem_of
from services.billing_units.handlers.commands import Commands, Refusal
from services.billing_units.handlers.directory_commands import FIRST_VERSION, Put, put_entry
from services.billing_units.handlers.directory_commands import put_split_policy as put_split_policy_of

PathNumber = Annotated[E164, Path()]


def _stands(entry: type[Any]) -> dict[str, Any]:
    """How an entry that was put is answered: 201 where it is new, 200 where it was known."""
    shown = PutEntry[entry]  # type: ignore[valid-type]
    new = {"model": shown, "description": "The entry is new.", "headers": ETAG}
    return {"response_model": shown, "responses": {200: {"headers": ETAG}, 201: new}}


class EntryWanted(BaseModel):
    """What every entry's body may say: the version it is."""

    model_config = ConfigDict(extra="forbid", strict=True)
    version: Annotated[Revision, WHOLE] | None = None


class SplitChangeWanted(BaseModel):
    """From `from_at` on, another policy."""

    model_config = ConfigDict(extra="forbid", strict=True)
    from_at: Moment
    policy: SplitPolicy


class AccountWanted(EntryWanted):
    """An account: its one currency, the zone of its days, the day its periods begin, how shared uses split.

    access: whether security access groups count in it, or basic roles alone, of which only Admin reaches Billing.
    """

    name: Name
    currency: CurrencyCode
    zone: ZoneName
    anchor_day: Annotated[AnchorDay, WHOLE] = 1
    split_policy: SplitPolicy = "equal"
    split_changes: list[SplitChangeWanted] = Field(default=[], max_length=100)
    access: AccessModel = "access_groups"


class PolicyWanted(BaseModel):
    """How uses of users in several units are split, from now on unless said."""

    model_config = ConfigDict(extra="forbid", strict=True)
    policy: SplitPolicy
    from_at: Moment | None = None


class UserWanted(EntryWanted):
    """A user; one that is not active keeps its history."""

    name: Name
    email: Email | None = None
    active: bool = True


class TeamWanted(EntryWanted):
    """A team; one that is not active keeps its history."""

    name: Name
    active: bool = True


class MembershipWanted(EntryWanted):
    """A user's membership of a team in [from_at, until_at); `deleted`: it never was."""

    user_id: Identifier
    from_at: Moment
    until_at: Moment | None = None
    deleted: bool = False


class NumberWanted(EntryWanted):
    """A number that the account holds in [from_at, until_at); `deleted`: it never did."""

    from_at: Moment
    until_at: Moment | None = None
    country: CountryCode | None = None
    kind: NumberKind | None = None
    deleted: bool = False


def directory_commands(commands: Commands) -> APIRouter:
    """Put entries."""
    router = APIRouter(prefix="/api/v1")

    @router.put("/accounts/{account_id}", **_stands(AccountRecorded))
    async def put_account(
        caller: AskedBy, account: Account, account_id: AccountId, body: AccountWanted
    ) -> Response:
        if account_id != account:
            raise Problem(404, "not_found", "There is no such account.")
        said = _said(body) | {"split_changes": tuple(SplitChange(**dict(change)) for change in body.split_changes)}
        return await _put(commands.by(caller), body, AccountRecorded(account_id=account, **said))

    @router.put("/accounts/{account_id}/split-policy", **_stands(AccountRecorded))
    async def put_split_policy(
        caller: AskedBy, account: Account, account_id: AccountId, body: PolicyWanted, expected: IfMatch
    ) -> Response:
        """Later changes that were planned before are dropped."""
        if account_id != account:
            raise Problem(404, "not_found", "There is no such account.")
        return _answer(await put_split_policy_of(commands.by(caller), account, body.policy, body.from_at, expected))

    @router.put("/users/{user_id}", **_stands(UserRecorded))
    async def put_user(caller: AskedBy, account: Account, user_id: Identifier, body: UserWanted) -> Response:
        return await _put(
            commands.by(caller), body, UserRecorded(account_id=account, user_id=user_id, **_said(body))
        )

    @router.put("/numbers/{number}", **_stands(NumberRecorded))
    async def put_number(caller: AskedBy, account: Account, number: PathNumber, body: NumberWanted) -> Response:
        return await _put(
            commands.by(caller), body, NumberRecorded(account_id=account, number=number, **_said(body))
        )

    _add_team_commands(router, commands)
    return router


def _add_team_commands(router: APIRouter, commands: Commands) -> None:
    @router.put("/teams/{team_id}", **_stands(TeamRecorded))
    async def put_team(caller: AskedBy, account: Account, team_id: Identifier, body: TeamWanted) -> Response:
        return await _put(
            commands.by(caller), body, TeamRecorded(account_id=account, team_id=team_id, **_said(body))
        )

    @router.put("/teams/{team_id}/members/{membership_id}", **_stands(TeamMembershipRecorded))
    async def put_membership(
        caller: AskedBy, account: Account, team_id: Identifier, membership_id: Identifier, body: MembershipWanted
    ) -> Response:
        wanted = TeamMembershipRecorded(
            account_id=account, team_id=team_id, membership_id=membership_id, **_said(body)
        )
        return await _put(commands.by(caller), body, wanted)


def _said(body: EntryWanted) -> dict[str, Any]:
    """The fields of the statement; who is not active is `deleted` there."""
    said = body.model_dump() | {"version": body.version or FIRST_VERSION}
    if "active" in said:
        said["deleted"] = not said.pop("active")
    return said


async def _put(commands: Commands, body: EntryWanted, wanted: DirectoryEvent) -> Response:
    return _answer(await put_entry(commands, wanted, versioned=body.version is not None))


def _answer(made: Put | Refusal) -> Response:
    if isinstance(made, Refusal):
        raise problem_of(made)
    new = made.changed and made.data.version == FIRST_VERSION
    return json_answer(
        {"data": made.data, "changed": made.changed}, status=201 if new else 200, headers=etag(made.data.version)
    )
