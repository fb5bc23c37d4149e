"""How a page asks a service, as the person who looks at it: rows, pages of rows, and commands with refusals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import orjson

from contracts.values.access import Caller
from services.portal.clients import Answer, Asked, Services

PAGE = 500
PAGES_MAX = 200
REFUSALS = frozenset({404, 409, 412, 422})
JSON = {"content-type": "application/json"}
Row = Mapping[str, Any]


class NotAnswered(RuntimeError):
    """A service answered, but not with what a page can show; `answer` says why."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"a service answered {answer.status}")
        self.answer = answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Why a service changed nothing, in its own words. rows: of a list, each value that stands against it."""

    says: str
    rows: Sequence[tuple[str, str]] = ()

    def sentences(self) -> list[str]:
        """One for each value refused, else the one for all."""
        return [f"{value}: {why}" for value, why in self.rows] or [self.says]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """A page of a list. cursor: where the next one begins, None on the last."""

    rows: Sequence[Row]
    cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceApi:
    """A service's API as one caller sees it."""

    service: str
    services: Services
    caller: Caller

    async def page(self, path: str, **query: Any) -> Rows:
        """One page of a list. Raises NotAnswered."""
        answer = await self._get(path, query)
        if answer.status != 200:
            raise NotAnswered(answer)
        page = answer.json()
        return Rows(rows=page["data"], cursor=page["next_cursor"])

    async def every(self, path: str, **query: Any) -> list[Row]:
        """Every row of a list. Raises NotAnswered."""
        rows: list[Row] = []
        cursor: str | None = None
        for _ in range(PAGES_MAX):
            page = await self.page(path, limit=PAGE, cursor=cursor, **query)
            rows += page.rows
            cursor = page.cursor
            if cursor is None:
                break
        return rows

    async def one(self, path: str, **query: Any) -> Any:
        """What the path names, a row or a short list; None where it names nothing. Raises NotAnswered."""
        answer = await self._get(path, query)
        if answer.status == 404:
            return None
        if answer.status != 200:
            raise NotAnswered(answer)
        return answer.json()["data"]

    async def command(
        self, method: str, path: str, body: Mapping[str, Any], *, version: int | None = None
    ) -> Row | Refused:
        """What a command answers. version: the one that was read, where it must still stand. Raises NotAnswered."""
        headers = JSON if version is None else {**JSON, "if-match": f'"{version}"'}
        asked = Asked(method=method, path=path, headers=headers, body=orjson.dumps(body))
        answer = await self.services.ask(self.service, self.caller, asked)
        if answer.status in (200, 201):
            data: Row = answer.json()["data"]
            return data
        return refused_by(answer)

    async def _get(self, path: str, query: Mapping[str, Any]) -> Answer:
        said = urlencode({name: value for name, value in query.items() if value is not None}, doseq=True)
        asked = Asked(method="GET", path=path, query=said, headers={})
        return await self.services.ask(self.service, self.caller, asked)


def refused_by(answer: Answer) -> Refused:
    """The refusal in a sentence. Raises NotAnswered for what is no refusal of what was asked."""
    problem = answer.json()
    if answer.status not in REFUSALS or not isinstance(problem, dict) or "detail" not in problem:
        raise NotAnswered(answer)
    rows = [
        (str(row["value"]), str(row["detail"]))
        for row in problem.get("rows", ())
        if row["code"] not in ("ok", "repeated")
    ]
    return Refused(says=str(problem["detail"]), rows=rows)
