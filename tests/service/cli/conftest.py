"""`ringledger` on portal and billing_units as they are, each on a port and a database of this test's own."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import orjson
import pytest
from click.testing import Result
from typer.testing import CliRunner

from cli.main import app
from tests.conftest import FreshDatabase
from tests.support.allocating import Allocating
from tests.support.callers import PRIVATE_KEY
from tests.support.directory import (
    ACCOUNT,
    OTHER_NUMBER,
    a_membership,
    a_number,
    a_rated_call,
    a_team,
    a_user,
    a_working_account,
)
from tests.support.front import Front, listening, portal_on, units_behind
from tests.support.schemas import migrated


@dataclass(kw_only=True)
class Office:
    """Where the command runs. variables: its environment; portal_dsn: the administrator's."""

    portal_dsn: str
    front: Front
    allocating: Allocating
    variables: dict[str, str] = field(default_factory=dict)

    async def run(self, *words: str, **changed: str) -> Result:
        """A command, for the account of the tests unless another is named."""
        invoke = partial(CliRunner().invoke, app, list(words), env=self.variables | changed)
        return await asyncio.to_thread(invoke)

    async def said(self, *words: str) -> str:
        """What a command that succeeds prints for people."""
        done = await self.run(*words)
        assert done.exit_code == 0, done.output
        return done.stdout

    async def document(self, *words: str) -> Any:
        """The one JSON document that a command prints, and nothing else."""
        return orjson.loads(await self.said(*words, "--json"))

    async def lines(self, *words: str) -> list[Any]:
        """The JSON lines that a command prints, and nothing else."""
        return [orjson.loads(line) for line in (await self.said(*words, "--json")).splitlines()]

    async def refused(self, *words: str, code: int = 2, **changed: str) -> str:
        """What a command that is refused complains of; it prints nothing."""
        done = await self.run(*words, **changed)
        assert done.exit_code == code, (done.exit_code, done.output)
        assert done.stdout == "" and "Traceback" not in done.stderr
        return done.stderr


@pytest.fixture
async def office(fresh_database: FreshDatabase) -> AsyncIterator[Office]:
    """Two units, Claims with a number, users and a team, and calls of June that are charged."""
    directory = [*a_working_account(), a_number(OTHER_NUMBER), a_team(), a_membership()]
    directory += [replace(a_user("ben"), name="Ben Okafor", email="ben@harbour-care.example")]
    portal_dsn = await fresh_database(migrated("portal"))
    async with (
        portal_on(portal_dsn) as front,
        units_behind(front, await fresh_database(migrated("billing_units")), *directory) as allocating,
        listening(front.app) as url,
    ):
        await allocating.rate(
            a_rated_call("free", own_number=OTHER_NUMBER, amount="0.10"),
            a_rated_call("user", own_number=None, user="ben", amount="1.00"),
            a_rated_call("number", amount="0.40"),
        )
        variables = {
            "RINGLEDGER_PORTAL_URL": url,
            "RINGLEDGER_BILLING_UNITS_URL": front.addresses["billing_units"],
            "RINGLEDGER_OPERATOR_KEY": PRIVATE_KEY,
            "RINGLEDGER_ACCOUNT": ACCOUNT,
        }
        yield Office(portal_dsn=portal_dsn, front=front, allocating=allocating, variables=variables)
