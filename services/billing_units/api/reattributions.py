"""Re-attribution over HTTP: how far changes are worked off, and what a change would move, before it is made."""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from chassis.answers import Many, One
from chassis.database import Pool, account_transaction
from chassis.paging import Cursor, Limit, after_one, page
from chassis.web import Account, AskedBy, Problem, json_answer
from contracts.events.fields import AccountId, Uuid
from services.billing_units.api.answers import PreviewShown, ReattributionShown
from services.billing_units.api.assignments import MembersWanted, ReleaseWanted
from services.billing_units.api.directory import PolicyWanted
from services.billing_units.api.preconditions import IfMatch
from services.billing_units.api.problems import problem_of
from services.billing_units.api.units import ArchivingWanted
from services.billing_units.handlers import assignments, directory_commands, units
from services.billing_units.handlers.assignments import Wanted
from services.billing_units.handlers.commands import Commands, Refusal
from services.billing_units.handlers.preview import preview
from services.billing_units.store import reattribution


def reattribution_lists(pool: Pool) -> APIRouter:
    """Changes and how far each is worked off."""
    router = APIRouter(prefix="/api/v1")

    @router.get("/reattributions", response_model=Many[ReattributionShown])
    async def list_reattributions(account: Account, limit: Limit = 100, cursor: Cursor = None) -> Response:
        """Newest first. examined: ratings looked at; moved: those whose charges were replaced."""
        before = after_one(cursor)
        if before is not None and not (before.isascii() and before.isdigit() and len(before) < 10):
            raise Problem(422, "bad_cursor", "The cursor is not one that a list gave.")
        async with account_transaction(pool, account) as connection:
            rows = await reattribution.list_reattributions(
                connection, account, None if before is None else int(before), limit + 1
            )
        return page(rows, limit, lambda row: [str(row["directory_revision"])])

    return router


def previews(commands: Commands) -> APIRouter:
    """The same bodies as the commands' own; nothing is changed."""
    router = APIRouter(prefix="/api/v1")

    @router.post("/billing-units/{unit_id}/members/preview", response_model=One[PreviewShown])
    async def preview_members(caller: AskedBy, account: Account, unit_id: Uuid, body: MembersWanted) -> Response:
        said = body.model_dump(include={"from_at", "until_at", "weight", "primary"})
        wanted = Wanted(unit_id=unit_id, members=body.members(), **said)
        return await _answer(commands.by(caller), account, lambda trial: assignments.assign(trial, account, wanted))

    @router.post("/assignments/{assignment_id}/release/preview", response_model=One[PreviewShown])
    async def preview_release(
        caller: AskedBy, account: Account, assignment_id: Uuid, body: ReleaseWanted | None = None
    ) -> Response:
        until_at = body.until_at if body else None
        return await _answer(
            commands.by(caller), account, lambda trial: assignments.release(trial, account, assignment_id, until_at)
        )

    @router.post("/accounts/{account_id}/split-policy/preview", response_model=One[PreviewShown])
    async def preview_split_policy(
        caller: AskedBy, account: Account, account_id: AccountId, body: PolicyWanted, expected: IfMatch
    ) -> Response:
        if account_id != account:
            raise Problem(404, "not_found", "There is no such account.")
        return await _answer(
            commands.by(caller),
            account,
            lambda trial: directory_commands.put_split_policy(trial, account, body.policy, body.from_at, expected),
        )

    _add_archive_preview(router, commands)
    return router


def _add_archive_preview(router: APIRouter, commands: Commands) -> None:
    @router.post("/billing-units/{unit_id}/archive/preview", response_model=One[PreviewShown])
    async def preview_archive(
        caller: AskedBy, account: Account, unit_id: Uuid, expected: IfMatch, body: ArchivingWanted | None = None
    ) -> Response:
        wanted = body or ArchivingWanted()
        return await _answer(
            commands.by(caller),
            account,
            lambda trial: units.archive_unit(
                trial,
                account,
                unit_id,
                expected,
                archived_at=wanted.archived_at,
                release=wanted.release_members,
            ),
        )


async def _answer(commands: Commands, account: str, command: Callable[[Commands], Awaitable[Any]]) -> Response:
    found = await preview(commands, account, command)
    if isinstance(found, Refusal):
        raise problem_of(found)
    return json_answer({"data": found})
