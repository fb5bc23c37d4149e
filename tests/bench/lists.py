"""`python -m tests.bench.lists`: lists, searches and pages of an account with 100,000 numbers, in milliseconds.

Each is asked through the row-secured role, one after another, with a search or a place drawn anew every time: a
list of billing_units over HTTP without a network between, a page through portal as well.
"""

import argparse
import asyncio
import json
import random
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from statistics import median, quantiles

import httpx
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from services.portal.domain.tabs import NEW_UNIT, UNIT, UNITS_TAB
from services.portal.handlers.front_door import TOKEN_HEADER
from tests.bench.large_account import ACCOUNT, Size, fill
from tests.bench.machine import this_machine
from tests.hostile.world import behind_portal, every_service
from tests.support.callers import Signed, a_caller
from tests.support.databases import Databases
from tests.support.front import Front
from tests.support.stack import find_postgres

LIST_MS, PAGE_MS = 50, 100
"""What 95 of 100 answers stay under: a list at the service, a page through portal."""

WARMING = 5
Query = Mapping[str, str]
Draw = Callable[[random.Random], Query]
Ask = Callable[["Subject", Query], Awaitable[httpx.Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is asked again and again. draw: the query of one time."""

    name: str
    path: str
    draw: Draw
    method: str = "GET"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """How long it took, in milliseconds, and what it should stay under."""

    name: str
    median_ms: float
    p95_ms: float
    aim_ms: int


def said(**query: str) -> Draw:
    """The same query every time."""
    return lambda _: query


nothing = said()
"""The first page as it is."""


def lists(size: Size) -> list[Subject]:
    """What billing_units is asked."""
    one = str(size.unit_id(17))
    asked: list[tuple[str, str, Draw]] = [
        ("units by name", "billing-units", nothing),
        ("units by users", "billing-units", said(sort="users")),
        ("units by numbers", "billing-units", said(sort="numbers")),
        ("units, searched", "billing-units", lambda draw: {"search": f"branch {draw.randrange(99)}"}),
        ("numbers", "numbers", nothing),
        ("numbers of a country without any", "numbers", said(country="FR")),
        ("available numbers", "numbers", said(available="true")),
        *_number_searches(size),
        ("users", "users", nothing),
        ("users, searched", "users", lambda draw: {"search": draw.choice(("moss 4", "agent-07", "weber", "elif"))}),
        ("users that nobody is", "users", said(search="nobody at all")),
        ("teams", "teams", nothing),
        ("users of a unit", f"billing-units/{one}/users", nothing),
        ("members of a unit", f"billing-units/{one}/members", nothing),
        ("assignments of a unit", "assignments", said(unit_id=one)),
    ]
    return [Subject(name=name, path=path, draw=draw) for name, path, draw in asked]


def _number_searches(size: Size) -> Iterator[tuple[str, str, Draw]]:
    """Searches for digits anywhere, for a beginning, and for what nobody has; among all and among the available."""

    def number(draw: random.Random) -> str:
        return size.number(draw.randrange(size.numbers))

    searches: dict[str, Callable[[random.Random], str]] = {
        "by digits within": lambda draw: number(draw)[-draw.choice((4, 5, 6)) :],
        "by their beginning": lambda draw: number(draw)[: draw.choice((6, 8, 10))],
        "that nobody has": lambda draw: f"{draw.randrange(10**8, 10**9)}0",
    }
    for named, search in searches.items():
        yield f"numbers {named}", "numbers", lambda draw, search=search: {"search": search(draw)}
        yield (
            f"available {named}",
            "numbers",
            lambda draw, search=search: {"available": "true", "search": search(draw)},
        )


def pages(size: Size) -> list[Subject]:
    """What portal's pages are asked."""
    one = str(size.unit_id(17))
    return [
        Subject(name="page: Billing units", path=UNITS_TAB.path, draw=nothing),
        Subject(name="page: by users", path=UNITS_TAB.path, draw=said(sort="users")),
        Subject(name="page: by numbers", path=UNITS_TAB.path, draw=said(sort="numbers")),
        Subject(name="page: searched", path=UNITS_TAB.path, draw=lambda d: {"q": f"branch {d.randrange(99)}"}),
        Subject(name="page: users opened", path=UNITS_TAB.path, draw=said(open=f"{one}.users")),
        Subject(name="page: one unit", path=UNIT.replace("{unit_id}", one), draw=nothing),
        Subject(name="page: choose users", method="POST", path=f"{NEW_UNIT}/users", draw=nothing),
        Subject(name="page: choose numbers", method="POST", path=f"{NEW_UNIT}/numbers", draw=nothing),
    ]


async def measure(ask: Ask, subject: Subject, times: int, aim_ms: int) -> Measured:
    """Ask `times` over, after a few that do not count."""
    draw, taken_ms = random.Random(subject.name), []
    for turn in range(times + WARMING):
        query = dict(subject.draw(draw))
        began = time.perf_counter()
        answer = await ask(subject, query)
        passed_ms = (time.perf_counter() - began) * 1000
        assert answer.status_code == 200, f"{subject.name}: {answer.status_code} {answer.text[:300]}"
        if turn >= WARMING:
            taken_ms.append(passed_ms)
    p95_ms = quantiles(taken_ms, n=20, method="inclusive")[-1]
    return Measured(name=subject.name, median_ms=median(taken_ms), p95_ms=p95_ms, aim_ms=aim_ms)


@asynccontextmanager
async def doors(front: Front) -> AsyncIterator[tuple[Ask, Ask]]:
    """billing_units' API as its operator, and portal's pages as an Admin."""
    operator = Signed(caller=a_caller(ACCOUNT), audience="billing_units")
    await front.person("ada", account=ACCOUNT, role="admin")

    async def ask_service(subject: Subject, query: Query) -> httpx.Response:
        url = f"{front.addresses['billing_units']}/api/v1/{subject.path}"
        return await front.asking.get(url, params=query, auth=operator)

    async with front.by_cookie(await front.sign_in("ada", account=ACCOUNT)) as browser:

        async def ask_portal(subject: Subject, query: Query) -> httpx.Response:
            if subject.method == "GET":
                return await browser.get(subject.path, params=query)
            form = {"form_token": browser.headers[TOKEN_HEADER], "name": "New branch"}
            return await browser.post(subject.path, data={**form, **query})

        yield ask_service, ask_portal


async def run(asked: argparse.Namespace, databases: Databases) -> list[Measured]:
    """Fill the account and measure everything."""
    size, dsn = Size(numbers=asked.numbers, users=asked.users, units=asked.units), ""
    try:
        dsn = await databases.create(every_service)
        await fill(dsn, size)
        async with behind_portal(dsn) as front, doors(front) as (api, browser):
            found = [await measure(api, each, asked.times, LIST_MS) for each in lists(size)]
            return found + [await measure(browser, each, asked.times, PAGE_MS) for each in pages(size)]
    finally:
        await databases.drop(dsn)


def show(found: Sequence[Measured], console: Console) -> None:
    """The table."""
    table = Table(box=SIMPLE_HEAD)
    for heading in ("list", "median ms", "p95 ms", "aim ms", ""):
        table.add_column(heading, justify="left" if heading in ("list", "") else "right")
    for one in found:
        verdict = "" if one.p95_ms < one.aim_ms else "over"
        table.add_row(one.name, f"{one.median_ms:.1f}", f"{one.p95_ms:.1f}", str(one.aim_ms), verdict)
    console.print(table)


def main() -> None:
    """Measure and tell; the machine first, because a figure without it says nothing."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.lists", description=__doc__)
    parser.add_argument("--numbers", type=int, default=Size().numbers)
    parser.add_argument("--users", type=int, default=Size().users)
    parser.add_argument("--units", type=int, default=Size().units)
    parser.add_argument("--times", type=int, default=100, help="how often each is asked (default 100)")
    parser.add_argument("--json", action="store_true", help="JSON on the standard output")
    asked = parser.parse_args()
    notes, machine = Console(stderr=asked.json, highlight=False), this_machine()
    notes.print(
        f"{machine.processor}, {machine.cores} cores, load {machine.load:.2f}, PostgreSQL {machine.postgres}"
    )
    notes.print(
        f"{asked.numbers:,} numbers, {asked.users:,} users, {asked.units:,} units, each asked {asked.times} ×"
    )
    server = find_postgres()
    try:
        found = asyncio.run(run(asked, Databases(server.address)))
    finally:
        server.close()
    show(found, notes)
    if asked.json:
        figures = {one.name: {"median_ms": one.median_ms, "p95_ms": one.p95_ms} for one in found}
        sys.stdout.write(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
