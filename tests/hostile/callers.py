"""Who asks: every role, each also limited to one unit, as a person's session or as an API key."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx

from contracts.values.access import Privilege
from tests.hostile.world import OURS, THEIRS
from tests.support.directory import unit_id
from tests.support.front import Front

ADMIN = "admin"
GROUPS: dict[str, list[str]] = {
    "edit_billing": [Privilege.EDIT_BILLING],
    "view_billing_unit": [Privilege.VIEW_BILLING_UNIT],
    "edit_billing_unit": [Privilege.EDIT_BILLING_UNIT],
    "none": [],
}
LIMITED, ASTRAY = ", limited", ", limited to another account's unit"
CALLERS = (ADMIN, ADMIN + LIMITED, *(name + suffix for name in GROUPS for suffix in ("", LIMITED)))
"""Keys never administer, so that an Admin is a person; everybody else is a key."""

ASTRAY_CALLERS = tuple(name + ASTRAY for name in GROUPS)
"""Keys limited to a unit that is not their account's: a mistake of whoever made them."""


@asynccontextmanager
async def clients_of(front: Front, account: str = OURS) -> AsyncIterator[dict[str, httpx.AsyncClient]]:
    """A client for every caller of an account."""
    headers = await credentials_of(front, account)
    async with AsyncExitStack() as stack:
        yield {
            name: await stack.enter_async_context(
                httpx.AsyncClient(
                    transport=httpx.ASGITransport(app=front.app, raise_app_exceptions=False),
                    base_url="http://portal.example",
                    headers=given,
                )
            )
            for name, given in headers.items()
        }


async def credentials_of(front: Front, account: str = OURS) -> dict[str, dict[str, str]]:
    """The headers by which each caller of an account is known."""
    limits: dict[str, list[str] | None] = {
        "": None,
        LIMITED: [unit_id("Claims", account)],
        ASTRAY: [unit_id("Claims", THEIRS if account == OURS else OURS)],
    }
    found = {}
    for suffix in ("", LIMITED):
        name = f"{account}-{ADMIN}{suffix.replace(', ', '-')}"
        await front.person(name, account=account, role="admin", units=limits[suffix])
        token = await front.sign_in(name, account=account)
        async with front.by_cookie(token) as client:
            found[ADMIN + suffix] = dict(client.headers)
    for name, groups in GROUPS.items():
        for suffix, units in limits.items():
            found[name + suffix] = {"Authorization": f"Bearer {await _key(front, account, name, groups, units)}"}
    return found


async def _key(front: Front, account: str, name: str, groups: list[str], units: list[str] | None) -> Any:
    async with front.operator(account) as client:
        body = {"name": f"{account}-{name}", "access_groups": groups, "units": units}
        return (await client.post("/api/v1/api-keys", json=body)).json()["data"]["api_key"]
