"""Databases of one test's own, copied from a template that is prepared once for the run."""

import uuid
from collections.abc import Awaitable, Callable

import asyncpg

from tests.support.stack import with_database

Prepare = Callable[[str], Awaitable[None]]


class Databases:
    """Makes and drops databases on one server; templates live as long as the run, copies as long as a test."""

    def __init__(self, admin_dsn: str) -> None:
        self._admin_dsn = admin_dsn
        self._templates: dict[Prepare, str] = {}

    async def create(self, prepare: Prepare | None = None) -> str:
        """A new database; with `prepare` a copy of the template that `prepare(dsn)` filled once."""
        template = "template0" if prepare is None else await self._template(prepare)
        name = f"ringledger_test_{uuid.uuid4().hex[:12]}"
        await self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return with_database(self._admin_dsn, name)

    async def drop(self, dsn: str) -> None:
        """Drop a database, ending the sessions that a failed test left in it."""
        await self._execute(f'DROP DATABASE IF EXISTS "{dsn.rpartition("/")[2]}" WITH (FORCE)')

    async def drop_templates(self) -> None:
        for name in self._templates.values():
            await self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        self._templates.clear()

    async def _template(self, prepare: Prepare) -> str:
        if prepare not in self._templates:
            name = f"ringledger_template_{uuid.uuid4().hex[:12]}"
            await self._execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
            self._templates[prepare] = name
            await prepare(with_database(self._admin_dsn, name))
        return self._templates[prepare]

    async def _execute(self, statement: str) -> None:
        connection = await asyncpg.connect(self._admin_dsn)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()
