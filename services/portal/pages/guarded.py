"""Pages for people who are signed in and may see them: who is not is sent to sign in, who may not is told why."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import Response

from chassis.logs import get_logger
from chassis.web import Problem
from contracts.values.access import ANYBODY, Denied, Policy, decide
from services.portal.clients import NotReached, Services
from services.portal.clients.asking import NotAnswered
from services.portal.domain.tabs import PAGES, Tab
from services.portal.handlers.front_door import SAFE_METHODS, FrontDoor
from services.portal.handlers.sign_in import Visitor
from services.portal.handlers.signing_keys import NoSigningKey
from services.portal.pages.forms import Form, form_of
from services.portal.pages.rendering import field, page, redirect

LOG = get_logger(__name__)
BASIC_ROLES = "This account uses basic roles: only an Admin reaches Billing."
_TOLD = {403: "refused.html", 404: "problem.html", 422: "problem.html"}
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request of a person who may see the page. fields, files: the form's, none for a link."""

    request: Request
    visitor: Visitor
    fields: Mapping[str, Sequence[str]]
    files: Mapping[str, bytes]

    def show(self, template: str, *, status: int = 200, **shown: object) -> Response:
        """Answer with a page."""
        return page(self.request, template, self.visitor, status=status, **shown)

    def show_in(self, tab: Tab, template: str, *, status: int = 200, **shown: object) -> Response:
        """Answer with a page of a tab, under the tabs that the person may open."""
        return self.show(template, status=status, tab=tab, may=self.may, **shown)

    def query(self, name: str) -> str:
        """A part of the address, empty where it is not given."""
        return self.request.query_params.get(name, "").strip()

    def named(self, name: str) -> str:
        """The id that the path names. Raises Problem for what is none, as for one that does not exist."""
        text = str(self.request.path_params[name])
        if not is_id(text):
            raise Problem(404, "not_found", "There is nothing under this address.")
        return text

    def may(self, policy: Policy) -> bool:
        """Whether the person may do something else, so that the page offers it."""
        return not isinstance(decide(self.visitor.caller, policy), Denied)


Shows = Callable[[Visit], Awaitable[Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardedPages:
    """Adds pages to a router, each behind its policy."""

    router: APIRouter
    door: FrontDoor
    services: Services

    def add(self, method: str, path: str, shows: Shows, *, policy: Policy | None = None) -> None:
        """A page. Without a policy of its own it has the one declared for it; KeyError where none is."""
        wanted = PAGES[f"{method} {path}"] if policy is None else policy

        async def answer(request: Request) -> Response:
            return await self._answer(request, wanted, shows)

        self.router.add_api_route(path, answer, methods=[method], include_in_schema=False)

    async def _answer(self, request: Request, policy: Policy, shows: Shows) -> Response:
        visitor = await self.door.visitor(request)
        if visitor is None:
            asked = request.url.path if request.method in SAFE_METHODS else ""
            return redirect(f"/sign-in?next={quote(asked)}" if asked else "/sign-in")
        try:
            return await self._shown(request, visitor, policy, shows)
        except Problem as problem:
            shown = page(request, "problem.html", visitor, status=problem.status, says=str(problem))
            shown.headers.update(problem.headers)
            return shown
        except NotAnswered as error:
            return _not_answered(request, visitor, error)
        except (NotReached, NoSigningKey) as error:
            return _away(request, visitor, error)

    async def _shown(self, request: Request, visitor: Visitor, policy: Policy, shows: Shows) -> Response:
        self.door.pace.take(visitor.caller.caller_id)
        form = Form()
        if request.method not in SAFE_METHODS:
            form = await form_of(request)
            self.door.refuse_cross_site(request, field(form.fields, "form_token"))
        verdict = decide(visitor.caller, policy)
        if isinstance(verdict, Denied):
            return page(request, "refused.html", visitor, status=403, says=refusal(visitor, verdict.says))
        return await shows(Visit(request=request, visitor=visitor, fields=form.fields, files=form.files))


def refusal(visitor: Visitor, says: str) -> str:
    """Why a person is refused: what they lack, unless basic roles leave them nothing, whatever is asked."""
    return BASIC_ROLES if visitor.is_shut_out else says


def _not_answered(request: Request, visitor: Visitor, error: NotAnswered) -> Response:
    """What the service itself refused, in its words; anything else is not the visitor's doing."""
    status = error.answer.status
    if status not in _TOLD:
        return _away(request, visitor, error)
    says = error.answer.json()["detail"]
    return page(request, _TOLD[status], visitor, status=status, says=says)


def is_id(text: str) -> bool:
    """Whether it is a UUID as services write it, so that it may stand in a path."""
    return _ID.fullmatch(text) is not None


def _away(request: Request, visitor: Visitor, error: Exception) -> Response:
    LOG.warning("page_without_its_service", path=request.url.path, error=str(error))
    return page(request, "away.html", visitor, status=503)


ANY_VISITOR = ANYBODY
"""For pages about the visitor alone."""
