"""`ringledger plans` against the service as it is: held back, imported, compared, searched."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from cli.main import app
from tests.support.callers import PRIVATE_KEY
from tests.support.front import listening
from tests.support.rating import Rating
from tests.support.rating_api import DECK, api_on

TERMS = ("--currency", "EUR", "--effective-from", "2026-01-01")
OURS = ("--account", "acme")


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Where the command runs, and the deck it is given."""

    deck: Path
    url: str

    async def run(self, *words: str) -> Result:
        env = {"RINGLEDGER_USAGE_RATING_URL": self.url, "RINGLEDGER_OPERATOR_KEY": PRIVATE_KEY}
        return await asyncio.to_thread(partial(CliRunner().invoke, app, ["plans", *words], env=env))

    async def load(self, text: str, *words: str) -> Result:
        self.deck.write_text(text)
        return await self.run("import", str(self.deck), *TERMS, *OURS, *words)


@pytest.fixture
async def desk(rating: Rating, tmp_path: Path) -> AsyncIterator[Desk]:
    async with listening(api_on(rating)) as url:
        yield Desk(deck=tmp_path / "deck.csv", url=url)


async def test_a_plan_is_held_back_by_its_warnings_and_imported_when_they_are_accepted(
    desk: Desk, tmp_path: Path
) -> None:
    assert (await desk.load(DECK)).exit_code == 0
    report = tmp_path / "report.csv"
    held = await desk.load(DECK.replace("0.05", "0.5"), "--report", str(report))
    assert held.exit_code == 2
    assert held.stderr.startswith("price-jumps: prefix 4930 (Berlin) changes by +900 %")
    assert "1 price-jumps; nothing was loaded. Correct the plan, or give --accept price-jumps" in held.stderr
    assert report.read_text().splitlines()[1].startswith("price-jumps,prefix,4930,")
    done = await desk.load(DECK.replace("0.05", "0.5"), "--accept", "price-jumps")
    assert (done.exit_code, done.stdout.split(" is now")[0]) == (0, "deck version 2")


async def test_versions_and_files_are_compared(desk: Desk) -> None:
    assert (await desk.load(DECK)).exit_code == 0
    assert (await desk.load(DECK.replace("0.05", "0.04"))).exit_code == 0
    told = await desk.run("diff", "deck@1", "deck@2", *OURS)
    assert told.exit_code == 0, told.output
    lines = [" ".join(line.split()) for line in told.stdout.splitlines()]
    assert lines[0] == "1 cheaper" and "cheaper 4930 Berlin 0.05/min, 1/1 s 0.04/min, 1/1 s" in lines
    same = await desk.run("diff", "deck@2", str(desk.deck), *OURS, *TERMS)
    assert same.stdout == "No rate differs.\n"
    found = json.loads((await desk.run("diff", "deck@2", "deck@1", *OURS, "--json")).stdout)
    assert [(one["kind"], one["prefix"]) for one in found["rates"]] == [("dearer", "4930")]
    for wrong in ("deck@9", "deck@x", "none.csv"):
        assert (await desk.run("diff", "deck@1", wrong, *OURS)).exit_code == 2, wrong


async def test_rates_are_searched_by_number_and_by_name(desk: Desk) -> None:
    assert (await desk.load(DECK)).exit_code == 0
    told = await desk.run("rates", "deck", "--number", "+4930123456", *OURS)
    assert told.exit_code == 0, told.output
    lines = [" ".join(line.split()) for line in told.stdout.splitlines()]
    assert lines[1].startswith("prices it 4930 Berlin 0.05/min") and lines[2].startswith("49 Germany")
    listed = await desk.run("rates", "deck@1", "--search", "GERM", *OURS, "--json")
    assert [json.loads(line)["prefix"] for line in listed.stdout.splitlines()] == ["49"]
    assert (await desk.run("rates", "other", *OURS)).exit_code == 2
    assert (await desk.run("rates", "deck", "--number", "4930", *OURS)).exit_code == 2
