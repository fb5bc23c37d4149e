"""Who am I, and another password for oneself."""

from fastapi.responses import Response

from services.portal.handlers.front_door import COOKIE
from services.portal.handlers.own_password import OwnPassword
from services.portal.handlers.people import Refusal
from services.portal.pages.guarded import ANY_VISITOR, GuardedPages, Visit
from services.portal.pages.rendering import field, redirect

ME = "/me"
STATUS = {"bad_password": 422, "wrong": 403, "throttled": 429, "changed_meanwhile": 409}
NOT_ALIKE = "The new password and its repetition are not alike."


class OwnPage:
    """One's own page."""

    def __init__(self, pages: GuardedPages, own_password: OwnPassword) -> None:
        self._own_password = own_password
        pages.add("GET", ME, self.show, policy=ANY_VISITOR)
        pages.add("POST", f"{ME}/password", self.change_password, policy=ANY_VISITOR)
        pages.add("GET", f"{ME}/password", self.back, policy=ANY_VISITOR)

    async def show(self, visit: Visit) -> Response:
        """Who one is, and what one may."""
        return _show(visit, done=visit.query("done") == "password")

    async def back(self, visit: Visit) -> Response:
        """The form has no address of its own."""
        return redirect(ME)

    async def change_password(self, visit: Visit) -> Response:
        """Another password; other sessions are signed out."""
        old, new, again = (field(visit.fields, name) for name in ("old", "new", "again"))
        if new != again:
            return _show(visit, status=422, problem=NOT_ALIKE)
        changed = await self._own_password.change(
            visit.visitor,
            old,
            new,
            token=visit.request.cookies.get(COOKIE, ""),
            address=visit.request.client.host if visit.request.client else "",
        )
        if isinstance(changed, Refusal):
            return _show(visit, status=STATUS[changed.code], problem=changed.says)
        return redirect(f"{ME}?done=password")


def _show(visit: Visit, *, status: int = 200, problem: str | None = None, done: bool = False) -> Response:
    privileges = sorted(visit.visitor.caller.privileges)
    return visit.show("me.html", status=status, privileges=privileges, problem=problem, done=done)
