"""The front door: a person's session, a machine's key, or the operator's statement; nobody else is let in."""

from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlsplit

from fastapi import Request

from chassis.clock import Clock, Random
from chassis.guard import Guard
from chassis.statements import SCHEME, Unproven
from chassis.web import Problem
from contracts.values.access import Caller
from contracts.values.ids import time_ordered_id
from services.portal.domain.credentials import is_form_token
from services.portal.handlers.api_keys import ApiKeys
from services.portal.handlers.pace import Pace
from services.portal.handlers.sign_in import SignIn, Visitor

COOKIE = "__Host-ringledger"
"""`__Host-`: browsers take it only with Secure, for this host alone, for every path."""

TOKEN_HEADER = "X-Form-Token"  # noqa: S105 - the name of a header
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontDoor:
    """Finds out who asks. Statements are the operator's; portal's own are for services, not for itself."""

    guard: Guard
    sign_in: SignIn
    api_keys: ApiKeys
    pace: Pace
    clock: Clock
    random: Random
    scheme: ClassVar[str] = "Bearer"
    complete: ClassVar[bool] = True

    def new_request_id(self) -> str:
        """An id for a request that has none yet."""
        return str(time_ordered_id(self.clock(), self.random))

    async def admit(self, request: Request) -> Caller | Unproven:
        """Who asks. Raises Problem for one request too many, or one that another site made a browser send."""
        caller = await self._who(request)
        if isinstance(caller, Caller):
            self.pace.take(caller.caller_id)
        return caller

    async def _who(self, request: Request) -> Caller | Unproven:
        authorization = request.headers.get("authorization", "")
        scheme, _, credential = authorization.partition(" ")
        if scheme.lower() == SCHEME.lower():
            return self.guard.read(authorization)
        if scheme.lower() == "bearer":
            caller = await self.api_keys.caller_of(credential.strip(), self.new_request_id())
            return caller or Unproven(why="the API key is wrong, revoked or expired")
        if "authorization" in request.headers:
            return Unproven(why="a credential of a kind that is not taken here")
        visitor = await self.visitor(request)
        if visitor is None:
            return Unproven(why="no session")
        if request.method not in SAFE_METHODS:
            self.refuse_cross_site(request, request.headers.get(TOKEN_HEADER, ""))
        return visitor.caller

    async def visitor(self, request: Request) -> Visitor | None:
        """Whose session the cookie is."""
        token = request.cookies.get(COOKIE, "")
        return await self.sign_in.visitor_of(token, self.new_request_id()) if token else None

    def refuse_cross_site(self, request: Request, form_token: str) -> None:
        """Raise Problem unless the page that sent this is ours: by its origin, and by the token it was given."""
        if not is_same_origin(request) or not is_form_token(form_token, request.cookies.get(COOKIE, "")):
            raise Problem(403, "cross_site", "The request did not come from a page of this site; reload it.")


def is_same_origin(request: Request) -> bool:
    """Whether the browser says that a page of this host sent the request; without a word of it, no."""
    origin = request.headers.get("origin", "")
    return bool(origin) and urlsplit(origin).netloc == request.headers.get("host", "")
