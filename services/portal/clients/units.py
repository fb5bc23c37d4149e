"""What the Billing units tab asks of billing_units: lists, one unit, and the commands that change it."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from contracts.values.calendar import zone_of
from services.portal.clients.asking import PAGE, Refused, Row, Rows, ServiceApi
from services.portal.domain.moves import Moves, read_moves
from services.portal.domain.unit_draft import Kind

UNITS_SHOWN = 50
"""Units of a page of the table."""

CHOICES = 200
"""Rows of a panel; who looks for one of more searches."""

Days = tuple[date, date]
"""Use days, half-open."""

NAMED_MAX = 50
"""Units of one page whose names are looked up."""


def is_live(assignment: Row, at: datetime) -> bool:
    """Whether an assignment holds at an instant."""
    until = assignment["until_at"]
    begun = datetime.fromisoformat(assignment["from_at"]) <= at
    return begun and (until is None or at < datetime.fromisoformat(until))


@dataclass(frozen=True, slots=True, kw_only=True)
class Members:
    """Who is to be put into a unit, by kind, from an instant (None: now) until another (None: open).

    weight: the unit's, beside other units of the same user, where use is split by weights; primary: whether the
    unit takes all of their use, where that is how it is split.
    """

    members: Mapping[Kind, Sequence[str]]
    from_at: datetime | None = None
    until_at: datetime | None = None
    weight: int | None = None
    primary: bool = False

    def body(self) -> dict[str, Any]:
        """As the API takes it."""
        said: dict[str, Any] = {f"{kind}s": list(members) for kind, members in self.members.items()}
        times = {"from_at": self.from_at, "until_at": self.until_at}
        said |= {name: time.isoformat() for name, time in times.items() if time is not None}
        shares = {"weight": self.weight, "primary": self.primary or None}
        return said | {name: share for name, share in shares.items() if share is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountTerms:
    """In which zone the account's days begin, on which day of a month its periods, how shared use is split."""

    zone: ZoneInfo
    anchor_day: int
    split_policy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BillingUnits:
    """billing_units as one caller sees it."""

    api: ServiceApi

    async def units(self, *, search: str = "", sort: str = "name", cursor: str | None = None) -> Rows:
        """Units with the number of their persons and numbers."""
        return await self.api.page("billing-units", search=search, sort=sort, cursor=cursor, limit=UNITS_SHOWN)

    async def unit(self, unit_id: str) -> Row | None:
        """One unit, None where there is none."""
        found: Row | None = await self.api.one(f"billing-units/{unit_id}")
        return found

    async def persons(self, unit_id: str) -> Rows:
        """Persons in a unit now, each once, with the teams they come through."""
        return await self.api.page(f"billing-units/{unit_id}/users", limit=CHOICES)

    async def numbers_in(self, unit_id: str, at: datetime) -> Rows:
        """Numbers of a unit at an instant; of a long history the first part."""
        found = await self.api.page(f"billing-units/{unit_id}/members", kind="number", limit=PAGE)
        return Rows(rows=[row for row in found.rows if is_live(row, at)], cursor=found.cursor)

    async def users(self, search: str = "") -> Rows:
        """Billable agents to choose from."""
        return await self.api.page("users", search=search, limit=CHOICES)

    async def teams(self, search: str = "") -> Rows:
        """Teams to choose from."""
        return await self.api.page("teams", search=search, limit=CHOICES)

    async def available_numbers(self, search: str = "") -> Rows:
        """Numbers in no unit, to choose from."""
        return await self.api.page("numbers", search=search, available="true", limit=CHOICES)

    async def numbers(self) -> list[Row]:
        """Numbers of the account, each with the unit it is in now."""
        return await self.api.every("numbers")

    async def names(self, users: Iterable[str], teams: Iterable[str]) -> dict[str, str]:
        """What users and teams are called, by id, of those who are known; only those asked for are looked up."""

        async def name_of(path: str, key: str, member: str) -> tuple[str, str]:
            found = (await self.api.page(path, search=member, limit=CHOICES)).rows
            return member, next((row["name"] for row in found if row[key] == member and row["name"]), member)

        asked = [name_of("users", "user_id", user) for user in list(users)[:NAMED_MAX]]
        asked += [name_of("teams", "team_id", team) for team in list(teams)[:NAMED_MAX]]
        return dict(await asyncio.gather(*asked))

    async def create_unit(self, name: str) -> str | Refused:
        """A new unit's id."""
        made = await self.api.command("POST", "billing-units", {"name": name})
        return made if isinstance(made, Refused) else str(made["unit_id"])

    async def assign(self, unit_id: str, members: Members) -> int | Refused:
        """Put members into a unit, all or none; how many."""
        made = await self.api.command("POST", f"billing-units/{unit_id}/members", members.body())
        return made if isinstance(made, Refused) else int(made["assigned"])

    async def unit_names(self, unit_ids: Iterable[str | None]) -> dict[str, str]:
        """The names of units, as many as a page shows."""
        asked = list(dict.fromkeys(unit_id for unit_id in unit_ids if unit_id is not None))[:NAMED_MAX]
        units = await asyncio.gather(*(self.unit(unit_id) for unit_id in asked))
        return {unit["unit_id"]: unit["name"] for unit in units if unit is not None}

    async def members(self, unit_id: str, cursor: str | None = None) -> Rows:
        """What was ever assigned to a unit, and will be."""
        return await self.api.page(f"billing-units/{unit_id}/members", cursor=cursor, limit=CHOICES)

    async def assignment(self, assignment_id: str) -> Row | None:
        """An assignment as it stands, None where there is none."""
        versions: list[Row] | None = await self.api.one(f"assignments/{assignment_id}/versions")
        return versions[-1] if versions else None

    async def terms(self) -> AccountTerms:
        """The account's terms; UTC, calendar months and equal parts for one that is not known yet.

        How use is split is not shown to who is limited to units; they assign nobody.
        """
        account = await self.api.one(f"accounts/{self.api.caller.account_id}")
        if account is None:
            return AccountTerms(zone=zone_of("UTC"), anchor_day=1, split_policy="equal")
        return AccountTerms(
            zone=zone_of(account["zone"]),
            anchor_day=account["anchor_day"],
            split_policy=account.get("split_policy", "equal"),
        )

    async def zone(self) -> ZoneInfo:
        """The account's zone, in which its days begin."""
        return (await self.terms()).zone

    async def running_reattributions(self) -> list[Row]:
        """Of the latest changes, those whose charges are not put right yet."""
        found = await self.api.page("reattributions", limit=CHOICES)
        return [row for row in found.rows if row["state"] != "done"]

    async def rename(self, unit_id: str, name: str, version: int) -> Row | Refused:
        """Give a unit another name, unless it has changed since that version."""
        return await self.api.command("PATCH", f"billing-units/{unit_id}", {"name": name}, version=version)

    async def preview_assign(self, unit_id: str, members: Members) -> Moves | Refused:
        """What assigning them would move."""
        found = await self.api.command("POST", f"billing-units/{unit_id}/members/preview", members.body())
        return found if isinstance(found, Refused) else read_moves([found])

    async def end(
        self, path: str, body: Mapping[str, Any], *, preview: bool, version: int | None = None
    ) -> Moves | Refused | None:
        """Release or archive; with `preview` only what that would move, else None once it is done."""
        said = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in body.items()}
        done = await self.api.command("POST", f"{path}/preview" if preview else path, said, version=version)
        if isinstance(done, Refused):
            return done
        return read_moves([done]) if preview else None

    async def assignments_of(self, member: str) -> list[Row]:
        """Where a number, user or team of that id is assigned, at any time."""
        return await self.api.every("assignments", member=member)

    async def unassigned(self, days: Days, *, cursor: str | None = None, limit: int = 25) -> Rows:
        """Groups of use that nobody owes, dearest first."""
        return await self.api.page("unassigned", cursor=cursor, limit=limit, **_between(days))

    async def unassigned_share(self, days: Days) -> Row:
        """How much of everything charged nobody owes."""
        found: Row = await self.api.one("unassigned/share", **_between(days))
        return found

    async def budget(self, unit_id: str) -> Row | None:
        """How a unit stands in the present period, with its budget where it has one; None without an account."""
        found: Row | None = await self.api.one(f"billing-units/{unit_id}/budget")
        return found

    async def put_budget(self, unit_id: str, body: Mapping[str, Any], version: int) -> Row | Refused:
        """Let a unit have a budget, unless what was said of it has changed since that version."""
        return await self.api.command("PUT", f"billing-units/{unit_id}/budget", body, version=version)

    async def end_budget(self, unit_id: str, from_period: date, version: int) -> Row | Refused:
        """Let a unit have no budget from a period on, on the same condition."""
        path = f"billing-units/{unit_id}/budget?from_period={from_period.isoformat()}"
        return await self.api.command("DELETE", path, {}, version=version)

    async def unassigned_alert(self) -> Row | None:
        """The threshold of *Unassigned*, and how the present period's share stands beside it; or None.""" ""
        found: Row | None = await self.api.one(f"accounts/{self.api.caller.account_id}/unassigned-alert")
        return found

    async def put_unassigned_alert(self, body: Mapping[str, Any], version: int) -> Row | Refused:
        """Say the threshold, unless it has changed since that version."""
        path = f"accounts/{self.api.caller.account_id}/unassigned-alert"
        return await self.api.command("PUT", path, body, version=version)

    async def charges(self, unit_id: str, on: date, cursor: str | None = None) -> Rows:
        """Charges of a use day, of a unit or of `unassigned`."""
        return await self.api.page("charges", unit_id=unit_id, use_on=on.isoformat(), cursor=cursor, limit=CHOICES)

    async def explanation(self, charge_id: str) -> Row | None:
        """Why a charge is owed, None where there is no such charge."""
        found: Row | None = await self.api.one(f"charges/{charge_id}/explanation")
        return found


def _between(days: Days) -> dict[str, str]:
    return {"use_on[gte]": days[0].isoformat(), "use_on[lt]": days[1].isoformat()}
