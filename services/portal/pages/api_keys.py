"""API keys: which there are, a new one whose secret is shown once, and the end of one."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi.responses import Response

from chassis.web import Problem
from contracts.values.access import Privilege
from contracts.values.calendar import zone_of
from contracts.values.unit_names import name_key
from services.portal.clients import NotReached
from services.portal.clients.asking import NotAnswered, Refused
from services.portal.clients.units import BillingUnits
from services.portal.domain.key_draft import KeyDraft, read_key_draft
from services.portal.domain.tabs import API_KEYS, NEW_KEY, REVOKE_KEY
from services.portal.handlers.api_keys import ApiKeys
from services.portal.handlers.people import Refusal
from services.portal.handlers.signing_keys import NoSigningKey
from services.portal.pages.choosing import units_for
from services.portal.pages.guarded import GuardedPages, Visit, is_id
from services.portal.pages.rendering import redirect
from services.portal.pages.unit_changes import instant
from services.portal.store.people import Rights

KEYS_SHOWN = 50
LABELS: Mapping[Privilege, str] = {
    Privilege.VIEW_BILLING_UNIT: "View billing units",
    Privilege.EDIT_BILLING_UNIT: "Edit billing units",
    Privilege.EDIT_BILLING: "Edit billing: everything else of the page",
    Privilege.PUBLISH_EVENTS: "Publish events: calls and the directory, as a telephony platform",
}
"""What a key may be given, as the form says it."""


class ApiKeyPages:
    """The list, the form, the end."""

    def __init__(self, pages: GuardedPages, api_keys: ApiKeys) -> None:
        self._services = pages.services
        self._api_keys = api_keys
        pages.add("GET", API_KEYS.path, self.show)
        pages.add("GET", NEW_KEY, self.form)
        pages.add("POST", NEW_KEY, self.create)
        pages.add("GET", REVOKE_KEY, self.ask)
        pages.add("POST", REVOKE_KEY, self.revoke)

    async def show(self, visit: Visit) -> Response:
        """The account's keys, oldest first."""
        cursor = visit.query("cursor")
        if cursor and not is_id(cursor):
            raise Problem(422, "bad_cursor", "This is not a page of the list.")
        account_id = visit.visitor.caller.account_id
        found = await self._api_keys.list(account_id, UUID(cursor) if cursor else None, KEYS_SHOWN + 1)
        keys = found[:KEYS_SHOWN]
        asked = units_for(visit, self._services)
        names, zone = await _beside(asked, [unit for key in keys for unit in key["units"] or ()])
        return visit.show_in(
            API_KEYS,
            "api_keys.html",
            keys=keys,
            cursor=keys[-1]["key_id"] if len(found) > KEYS_SHOWN else None,
            names=names,
            zone=zone,
            now=self._api_keys.clock(),
            done=visit.query("done") == "revoked",
        )

    async def form(self, visit: Visit) -> Response:
        """An empty form."""
        return _show_form(visit, read_key_draft({}))

    async def create(self, visit: Visit) -> Response:
        """Make the key and show it."""
        draft = read_key_draft(visit.fields)
        problems = draft.problems()
        if problems:
            return _show_form(visit, draft, problems)
        asked = units_for(visit, self._services)
        units, unknown = await _units_named(asked, draft.units)
        # The zone is asked for only where a day begins in it: a key without an end needs no other service.
        expires_at = instant(draft.day, await asked.zone()) if draft.day else None
        if isinstance(expires_at, Refused):
            unknown = [*unknown, "Say the day as year-month-day, such as 2027-01-31, or leave it empty."]
            expires_at = None
        if unknown:
            return _show_form(visit, draft, unknown)
        rights = Rights(groups=draft.may, units=units)
        issued = await self._api_keys.create(visit.visitor.caller, draft.name, rights, expires_at)
        if isinstance(issued, Refusal):
            return _show_form(visit, draft, ["The key would end before it begins: say a day to come."])
        return visit.show_in(API_KEYS, "api_key_made.html", name=draft.name, secret=issued.text)

    async def ask(self, visit: Visit) -> Response:
        """Whether the key is really to end."""
        return visit.show_in(API_KEYS, "api_key_revoke.html", key=await self._key(visit))

    async def revoke(self, visit: Visit) -> Response:
        """End it."""
        key = await self._key(visit)
        refusal = await self._api_keys.revoke(visit.visitor.caller, UUID(key["key_id"]))
        if refusal is not None:
            raise Problem(404, refusal.code, refusal.says)
        return redirect(f"{API_KEYS.path}?done=revoked")

    async def _key(self, visit: Visit) -> dict[str, Any]:
        """The key that the path names, still in use. Raises Problem."""
        key = await self._api_keys.find(visit.visitor.caller.account_id, UUID(visit.named("key_id")))
        if key is None or key["revoked_at"] is not None:
            raise Problem(404, "not_found", "This account has no such key that is in use.")
        return key


def _show_form(visit: Visit, draft: KeyDraft, problems: Sequence[str] = ()) -> Response:
    status = 422 if problems else 200
    return visit.show_in(API_KEYS, "api_key_new.html", status=status, draft=draft, labels=LABELS, problems=problems)


async def _units_named(asked: BillingUnits, wanted: Sequence[str]) -> tuple[frozenset[str] | None, list[str]]:
    """Ids of the units of these names or ids, None for no limit; and a sentence for each that is none."""
    if not wanted:
        return None, []
    found = await asyncio.gather(*(_unit_id(asked, text) for text in wanted))
    unknown = [
        f"There is no billing unit “{text}”." for text, unit in zip(wanted, found, strict=True) if unit is None
    ]
    return frozenset(unit for unit in found if unit is not None), unknown


async def _unit_id(asked: BillingUnits, text: str) -> str | None:
    if is_id(text):
        unit = await asked.unit(text)
        return None if unit is None else str(unit["unit_id"])
    named = (await asked.units(search=text)).rows
    return next((str(unit["unit_id"]) for unit in named if name_key(unit["name"]) == name_key(text)), None)


async def _beside(asked: BillingUnits, unit_ids: Iterable[str]) -> tuple[Mapping[str, str], ZoneInfo]:
    """Names of units and the account's zone; ids and UTC do while billing_units cannot be asked."""
    try:
        names, zone = await asyncio.gather(asked.unit_names(unit_ids), asked.zone())
    except (NotReached, NotAnswered, NoSigningKey):
        return {}, zone_of("UTC")
    return names, zone
