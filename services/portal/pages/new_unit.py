"""Adding a billing unit: its name, its users and teams, its numbers; held by the form until it is saved."""

from collections.abc import Sequence

from fastapi.responses import Response

from services.portal.clients.asking import Refused
from services.portal.domain.tabs import ADD_UNIT, NEW_UNIT, UNITS_TAB
from services.portal.domain.unit_draft import KINDS, MEMBERS_MAX, UnitDraft, read_draft, read_numbers
from services.portal.handlers.new_unit import save_unit
from services.portal.pages.choosing import choices, units_for
from services.portal.pages.guarded import GuardedPages, Visit
from services.portal.pages.number_lists import with_file
from services.portal.pages.rendering import field, redirect

TOO_MANY = (
    f"A unit can be put together with at most {MEMBERS_MAX:,} numbers. Save it with some of them, then add the "
    "others on its page."
)


class NewUnitPages:
    """The form and its panels."""

    def __init__(self, pages: GuardedPages) -> None:
        self._services = pages.services
        pages.add("GET", NEW_UNIT, self.form)
        pages.add("POST", NEW_UNIT, self.form)
        pages.add("POST", f"{NEW_UNIT}/users", self.user_panel)
        pages.add("POST", f"{NEW_UNIT}/numbers", self.number_panel)
        pages.add("POST", f"{NEW_UNIT}/save", self.save)
        for panel in ("users", "numbers", "save"):
            # Where a page is loaded again after its form was sent, the form is begun anew.
            pages.add("GET", f"{NEW_UNIT}/{panel}", self.begin_anew, policy=ADD_UNIT)

    async def form(self, visit: Visit) -> Response:
        """The unit so far; back from a panel with what was assigned there, or as it was before."""
        before = read_draft(visit.fields, prefix="before_")
        if field(visit.fields, "cancel"):
            return await self._show_form(visit, before)
        draft, listed = read_draft(visit.fields), with_file(visit)
        if isinstance(listed, Refused):
            return await self._show_number_panel(visit, draft, before, problem=listed.says)
        if not field(listed.fields, "pasted").strip():
            return await self._show_form(listed, draft)
        available, held = await self._numbers(listed)
        pasted = read_numbers(field(listed.fields, "pasted"), available=available, held=held)
        chosen = dict.fromkeys((*draft.of("number"), *pasted.usable))
        if len(chosen) > MEMBERS_MAX:
            return await self._show_number_panel(listed, draft, before, problem=TOO_MANY)
        draft = draft.with_members("number", chosen)
        if pasted.refused:
            return await self._show_number_panel(visit, draft, before, refused=pasted.refused)
        return await self._show_form(listed, draft)

    async def begin_anew(self, visit: Visit) -> Response:
        """A panel has no address of its own."""
        return redirect(NEW_UNIT)

    async def user_panel(self, visit: Visit) -> Response:
        """User assignment: users and teams to choose from."""
        draft, q = read_draft(visit.fields), field(visit.fields, "q").strip()
        asked = units_for(visit, self._services)
        users, teams = await asked.users(q), await asked.teams(q)
        return visit.show_in(
            UNITS_TAB,
            "user_panel.html",
            draft=draft,
            before=_before(visit, draft),
            q=q,
            kinds=KINDS,
            user=choices("user", draft, users, key="user_id", name="name", second="email"),
            team=choices("team", draft, teams, key="team_id", name="name"),
        )

    async def number_panel(self, visit: Visit) -> Response:
        """Number assignment: numbers that are in no unit."""
        draft, listed = read_draft(visit.fields), with_file(visit)
        before = _before(visit, draft)
        if isinstance(listed, Refused):
            return await self._show_number_panel(visit, draft, before, problem=listed.says)
        return await self._show_number_panel(listed, draft, before)

    async def save(self, visit: Visit) -> Response:
        """Make the unit, and say what could not be assigned."""
        draft = read_draft(visit.fields)
        problem = draft.name_problem()
        if problem is not None:
            return await self._show_form(visit, draft, problem=problem)
        saved = await save_unit(units_for(visit, self._services), draft)
        if isinstance(saved, Refused):
            return await self._show_form(visit, draft, problem=saved.says)
        if saved.left_out:
            return visit.show_in(UNITS_TAB, "unit_saved.html", name=draft.name, saved=saved)
        return redirect(f"{UNITS_TAB.path}?added={saved.unit_id}")

    async def _show_form(self, visit: Visit, draft: UnitDraft, *, problem: str | None = None) -> Response:
        names = await units_for(visit, self._services).names(draft.of("user"), draft.of("team"))
        return visit.show_in(
            UNITS_TAB,
            "unit_form.html",
            status=422 if problem else 200,
            draft=draft,
            names=names,
            problem=problem,
            kinds=KINDS,
        )

    async def _show_number_panel(
        self,
        visit: Visit,
        draft: UnitDraft,
        before: UnitDraft,
        *,
        refused: Sequence[tuple[str, str]] = (),
        problem: str | None = None,
    ) -> Response:
        q = field(visit.fields, "q").strip()
        available = await units_for(visit, self._services).available_numbers(q)
        return visit.show_in(
            UNITS_TAB,
            "number_panel.html",
            status=422 if refused or problem else 200,
            draft=draft,
            before=before,
            q=q,
            pasted="" if refused else field(visit.fields, "pasted"),
            refused=refused,
            problem=problem,
            kinds=KINDS,
            number=choices("number", draft, available, key="number", name="number"),
        )

    async def _numbers(self, visit: Visit) -> tuple[list[str], list[str]]:
        """Numbers in no unit, and those in one."""
        rows = await units_for(visit, self._services).numbers()
        return (
            [row["number"] for row in rows if row["unit_id"] is None],
            [row["number"] for row in rows if row["unit_id"] is not None],
        )


def _before(visit: Visit, draft: UnitDraft) -> UnitDraft:
    """The draft as it was when the panel was opened; it is opened now where the form says nothing of it."""
    opened = field(visit.fields, "opened")
    return read_draft(visit.fields, prefix="before_") if opened else draft
