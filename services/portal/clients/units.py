"""What the Billing units tab asks of billing_units, as the person who looks at it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from urllib.parse import urlencode

import orjson

from contracts.values.access import Caller
from services.portal.clients import Answer, Asked, Services

SERVICE = "billing_units"
PAGE = 500
PAGES_MAX = 200
Row = Mapping[str, Any]
JSON = {"content-type": "application/json"}


class NotAnswered(RuntimeError):
    """billing_units answered, but not with what a page can show; `answer` says why."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"{SERVICE} answered {answer.status}")
        self.answer = answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Why billing_units changed nothing, in its own words."""

    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitDirectory:
    """Everything the tab shows, as of `at`."""

    at: datetime
    units: Sequence[Row]
    assignments: Sequence[Row]

    def live_members(self, unit_id: str, kind: str) -> list[str]:
        """Members of a unit now, of one kind, in order."""
        found = (
            row["member"]
            for row in self.assignments
            if (row["unit_id"], row["member_kind"]) == (unit_id, kind) and is_live(row, self.at)
        )
        return sorted(set(found))


def is_live(assignment: Row, at: datetime) -> bool:
    """Whether an assignment holds at an instant."""
    until = assignment["until_at"]
    begun = datetime.fromisoformat(assignment["from_at"]) <= at
    return begun and (until is None or at < datetime.fromisoformat(until))


@dataclass(frozen=True, slots=True, kw_only=True)
class BillingUnits:
    """billing_units as one caller sees it."""

    services: Services
    caller: Caller

    async def directory(self, at: datetime) -> UnitDirectory:
        """Units with their assignments."""
        units = await self._all("billing-units")
        return UnitDirectory(at=at, units=units, assignments=await self._all("assignments"))

    async def users(self) -> list[Row]:
        """Billable agents, by name."""
        return sorted(await self._all("users"), key=lambda row: (row["name"] or "").casefold())

    async def teams(self) -> list[Row]:
        """Teams, by name; none where billing_units does not list them."""
        return sorted(await self._all("teams", missing_ok=True), key=lambda row: (row["name"] or "").casefold())

    async def numbers(self) -> list[Row]:
        """Numbers of the account, each with the unit it is in now."""
        return await self._all("numbers")

    async def create_unit(self, name: str) -> str | Refused:
        """A new unit's id."""
        answer = await self._post("billing-units", {"name": name})
        return str(answer.json()["data"]["unit_id"]) if answer.status == 201 else _refused(answer)

    async def assign(self, unit_id: str, kind: Literal["user", "team", "number"], member: str) -> Refused | None:
        """Put a member into a unit from now on."""
        answer = await self._post("assignments", {"unit_id": unit_id, "member_kind": kind, "member": member})
        return None if answer.status == 201 else _refused(answer)

    async def _post(self, path: str, body: Mapping[str, Any]) -> Answer:
        asked = Asked(method="POST", path=path, headers=JSON, body=orjson.dumps(body))
        return await self.services.ask(SERVICE, self.caller, asked)

    async def _all(self, path: str, *, missing_ok: bool = False) -> list[Row]:
        """Every row of a list. Raises NotAnswered."""
        rows: list[Row] = []
        cursor: str | None = None
        for _ in range(PAGES_MAX):
            query = urlencode({"limit": PAGE} | ({} if cursor is None else {"cursor": cursor}))
            answer = await self.services.ask(
                SERVICE, self.caller, Asked(method="GET", path=path, query=query, headers={})
            )
            if answer.status == 404 and missing_ok:
                return []
            if answer.status != 200:
                raise NotAnswered(answer)
            page = answer.json()
            rows += page["data"]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        return rows


def _refused(answer: Answer) -> Refused:
    """The refusal in a sentence. Raises NotAnswered for what is no refusal of what was asked."""
    problem = answer.json()
    if answer.status not in {404, 409, 422} or not isinstance(problem, dict) or "detail" not in problem:
        raise NotAnswered(answer)
    return Refused(says=str(problem["detail"]))
