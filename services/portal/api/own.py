"""Portal's own operations: who am I, people, API keys, and the audit log of both."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, ClassVar
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field, Strict, WithJsonSchema

from chassis.answers import LOCATION, Many, One
from chassis.asked import WHOLE, Moment
from chassis.audit.web import audit_log
from chassis.describing import problem
from chassis.web import Account, AskedBy, Problem, json_answer
from contracts.events.envelope import to_json
from contracts.events.fields import Name
from contracts.values.access import ACCESS_GROUPS, EVERY_ACCOUNT, KEY_PRIVILEGES, UNITS_MAX, Privilege, Role
from services.portal.api.answers import (
    CallerShown,
    KeyIssued,
    KeyRevoked,
    KeyShown,
    PersonShown,
    SessionsEnded,
)
from services.portal.api.once import UnderKey, done_once
from services.portal.clients import Answer
from services.portal.handlers.accounts import Accounts
from services.portal.handlers.api_keys import ApiKeys, IssuedKey
from services.portal.handlers.once import Once
from services.portal.handlers.people import People, PersonWanted, Refusal
from services.portal.store.people import Person, Rights

PREFIX = "/api/v1"
STATUS = {
    "not_found": 404,
    "name_taken": 409,
    "last_admin": 409,
    "changed_meanwhile": 412,
    "bad_password": 422,
    "expired_already": 422,
}
Limit = Annotated[int, Query(ge=1, le=500)]
After = Annotated[UUID | None, Query(alias="cursor")]
SignInName = Annotated[str, Field(min_length=3, max_length=254, pattern=r"^[^\x00-\x20\x7f]+$")]


AccessGroup = Annotated[Privilege, WithJsonSchema({"type": "string", "enum": sorted(ACCESS_GROUPS)})]
Scope = Annotated[Privilege, WithJsonSchema({"type": "string", "enum": sorted(KEY_PRIVILEGES)})]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class RightsWanted(_Body):
    """What a principal may do: privileges of the security access groups, and units it is limited to."""

    beyond: ClassVar[frozenset[Privilege]] = frozenset(Privilege) - ACCESS_GROUPS
    """Privileges that nobody is given so."""

    access_groups: frozenset[AccessGroup] = frozenset()
    units: Annotated[frozenset[UUID], Field(max_length=UNITS_MAX)] | None = None

    def rights(self, role: Role = Role.MEMBER) -> Rights:
        """As the domain says it. Raises Problem for a privilege that is not given so."""
        if beyond := self.access_groups & self.beyond:
            raise Problem(422, "invalid", f"Nobody is given {', '.join(sorted(beyond))} so.")
        units = None if self.units is None else frozenset(map(str, self.units))
        return Rights(role=role, groups=self.access_groups, units=units)


class PersonBody(RightsWanted):
    """The body of a new person."""

    sign_in_name: SignInName
    name: Name
    password: Annotated[str, Field(max_length=1000, pattern=r"^[^\x00]*$")]
    role: Role = Role.MEMBER


class PersonChange(RightsWanted):
    """The whole of what may be changed of a person. version: the one that was seen, checked if given."""

    role: Role
    active: Annotated[bool, Strict()] = True
    version: Annotated[int, Field(ge=1, lt=2**31), Strict(), WHOLE] | None = None


class ApiKeyBody(RightsWanted):
    """The body of a new API key; access_groups may name `publish_events` too, which people cannot have."""

    beyond: ClassVar[frozenset[Privilege]] = frozenset(Privilege) - KEY_PRIVILEGES
    access_groups: frozenset[Scope] = frozenset()
    name: Name
    expires_at: Moment | None = None


def own_operations(people: People, api_keys: ApiKeys, once: Once) -> Sequence[APIRouter]:
    """All of portal's own, in the order of its policies."""
    me = _me(Accounts(pool=people.pool))
    return (me, _people(people, once), _api_keys(api_keys, once), audit_log(people.pool, f"{PREFIX}/audit"))


def _me(accounts: Accounts) -> APIRouter:
    router = APIRouter(prefix=PREFIX)

    @router.get("/me", response_model=One[CallerShown])
    async def who_am_i(caller: AskedBy) -> Response:
        units = None if caller.units is None else sorted(caller.units)
        everywhere = caller.account_id == EVERY_ACCOUNT
        return json_answer(
            {
                "data": {
                    "account_id": caller.account_id,
                    "kind": caller.kind,
                    "id": caller.caller_id,
                    "privileges": sorted(caller.privileges),
                    "units": units,
                    "access": None if everywhere else await accounts.access(caller.account_id),
                }
            }
        )

    return router


def _people(people: People, once: Once) -> APIRouter:
    router = APIRouter(prefix=f"{PREFIX}/people")

    @router.get("", response_model=Many[PersonShown])
    async def list_people(account: Account, limit: Limit = 100, cursor: After = None) -> Response:
        found = await people.list(account, cursor, limit + 1)
        more = str(found[limit - 1].person_id) if len(found) > limit else None
        return json_answer({"data": [_shown(person) for person in found[:limit]], "next_cursor": more})

    @router.post("", status_code=201, response_model=One[PersonShown], responses={201: {"headers": LOCATION}})
    async def create_person(caller: AskedBy, account: Account, body: PersonBody, asked: UnderKey) -> Response:
        wanted = PersonWanted(
            sign_in_name=body.sign_in_name, name=body.name, password=body.password, rights=body.rights(body.role)
        )

        async def create() -> Response:
            person = _granted(await people.create(caller, wanted))
            location = {"Location": f"{PREFIX}/people/{person.person_id}"}
            return json_answer({"data": _shown(person)}, status=201, headers=location)

        return await done_once(once, asked, create)

    @router.patch("/{person_id}", response_model=One[PersonShown], responses={412: problem(412)})
    async def change_person(caller: AskedBy, account: Account, person_id: UUID, body: PersonChange) -> Response:
        changed = await people.change(
            caller, person_id, body.rights(body.role), active=body.active, version=body.version
        )
        return json_answer({"data": _shown(_granted(changed))})

    @router.post("/{person_id}/sign-out", response_model=One[SessionsEnded])
    async def sign_out_everywhere(caller: AskedBy, account: Account, person_id: UUID, asked: UnderKey) -> Response:
        async def sign_out() -> Response:
            ended = _granted(await people.sign_out_everywhere(caller, person_id))
            return json_answer({"data": {"sessions": ended}})

        return await done_once(once, asked, sign_out)

    return router


def _api_keys(api_keys: ApiKeys, once: Once) -> APIRouter:
    router = APIRouter(prefix=f"{PREFIX}/api-keys")

    @router.get("", response_model=Many[KeyShown])
    async def list_api_keys(account: Account, limit: Limit = 100, cursor: After = None) -> Response:
        found = await api_keys.list(account, cursor, limit + 1)
        more = str(found[limit - 1]["key_id"]) if len(found) > limit else None
        return json_answer({"data": found[:limit], "next_cursor": more})

    @router.post("", status_code=201, response_model=One[KeyIssued])
    async def create_api_key(caller: AskedBy, account: Account, body: ApiKeyBody, asked: UnderKey) -> Response:
        """The key is in the first answer only; asked again under its Idempotency-Key, `api_key` is null.

        The secret is kept nowhere, so nobody can be shown it twice: revoke the key and make another.
        """
        rights = body.rights()

        async def create() -> Response:
            issued: IssuedKey = _granted(await api_keys.create(caller, body.name, rights, body.expires_at))
            return json_answer({"data": {"key_id": issued.key_id, "api_key": issued.text}}, status=201)

        return await done_once(once, asked, create, kept=_without_secret)

    @router.post("/{key_id}/revoke", response_model=One[KeyRevoked])
    async def revoke_api_key(caller: AskedBy, account: Account, key_id: UUID, asked: UnderKey) -> Response:
        async def revoke() -> Response:
            _granted(await api_keys.revoke(caller, key_id))
            return json_answer({"data": {"key_id": key_id}})

        return await done_once(once, asked, revoke)

    return router


def problem_of(refusal: Refusal) -> Problem:
    """A refusal as the answer that says so."""
    return Problem(STATUS[refusal.code], refusal.code, refusal.says)


def _without_secret(answer: Answer) -> Answer:
    """What a repeat is shown of a new key: which it is, and no secret, for only its hash is kept."""
    data = answer.json()["data"]
    return replace(answer, body=to_json({"data": {**data, "api_key": None}}))


def _granted(made: Any) -> Any:
    if isinstance(made, Refusal):
        raise problem_of(made)
    return made


def _shown(person: Person) -> dict[str, Any]:
    role, groups, units = person.rights.columns()
    return {
        "person_id": str(person.person_id),
        "version": person.version,
        "sign_in_name": person.sign_in_name,
        "name": person.name,
        "role": role,
        "access_groups": groups,
        "units": units,
        "active": person.active,
        "created_at": person.created_at,
    }
