"""Signing in and out."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from services.portal.domain.tabs import BILLING
from services.portal.handlers.front_door import COOKIE, FrontDoor, is_same_origin
from services.portal.handlers.people import People
from services.portal.handlers.sign_in import SESSION_LIFE, SignedIn
from services.portal.pages.forms import form_of
from services.portal.pages.guarded import ANY_VISITOR, GuardedPages, Visit
from services.portal.pages.rendering import field, page, redirect

SAYS = {
    "wrong": "Name and password do not belong together.",
    "throttled": "Too many attempts. Wait a quarter of an hour, then try again.",
    "which_account": "You are known in several accounts: say which one you mean.",
    "cross_site": "The form did not come from this page. Try again.",
}
STATUS = {"wrong": 401, "throttled": 429, "which_account": 401, "cross_site": 403}


def sign_in_pages(router: APIRouter, door: FrontDoor) -> None:
    """The form, for whoever comes."""

    @router.get("/sign-in", include_in_schema=False)
    async def ask(request: Request, wanted: Annotated[str, Query(alias="next", max_length=500)] = "") -> Response:
        if await door.visitor(request) is not None:
            return redirect(_local(wanted))
        return page(request, "sign_in.html", None, wanted=_local(wanted), sign_in_name="", code=None, says=None)

    @router.post("/sign-in", include_in_schema=False)
    async def sign_in(request: Request) -> Response:
        fields = (await form_of(request)).fields
        name, wanted = field(fields, "sign_in_name"), _local(field(fields, "next"))
        code = "cross_site"
        if is_same_origin(request):
            found = await door.sign_in.sign_in(
                name,
                field(fields, "password"),
                account_id=field(fields, "account").strip() or None,
                address=request.client.host if request.client else "",
                request_id=door.new_request_id(),
            )
            if isinstance(found, SignedIn):
                return _with_cookie(redirect(wanted), found.token)
            code = found.code
        return page(
            request,
            "sign_in.html",
            None,
            status=STATUS[code],
            wanted=wanted,
            sign_in_name=name,
            code=code,
            says=SAYS[code],
        )


def own_pages(pages: GuardedPages, people: People) -> None:
    """The ways out."""
    door = pages.door

    async def sign_out(visit: Visit) -> Response:
        await door.sign_in.sign_out(visit.visitor.caller, visit.request.cookies.get(COOKIE, ""))
        return _with_cookie(redirect("/sign-in"), "")

    async def sign_out_everywhere(visit: Visit) -> Response:
        await people.sign_out_everywhere(visit.visitor.caller, visit.visitor.person_id)
        return _with_cookie(redirect("/sign-in"), "")

    pages.add("POST", "/sign-out", sign_out, policy=ANY_VISITOR)
    pages.add("POST", "/sign-out-everywhere", sign_out_everywhere, policy=ANY_VISITOR)


def _local(path: str) -> str:
    """A path of this site to go on to: nobody can be sent elsewhere by a link to sign in."""
    local = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if local and path != "/" else BILLING


def _with_cookie(response: Response, token: str) -> Response:
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(SESSION_LIFE.total_seconds()) if token else 0,
        path="/",
        secure=True,
        httponly=True,
        samesite="lax",
    )
    return response
