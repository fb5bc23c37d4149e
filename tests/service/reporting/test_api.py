"""The API: summaries that tie, reports that are kept and published, and clear answers to what cannot be."""

import asyncio
import uuid
from decimal import Decimal
from functools import partial, reduce
from typing import Any

import httpx
import orjson
import pytest
from click.testing import Result
from typer.testing import CliRunner

from cli.commands.units.costs import name_of, table_of
from cli.main import app
from cli.stack.ports import free_port
from contracts.topics import REPORTS
from contracts.values.access import Privilege
from services.reporting.domain.rollup import NOTHING, Quantities
from tests.service.reporting.conftest import Publisher, Running, read_topic
from tests.service.reporting.test_unit_topics import PATIENCE_S, published_all
from tests.support.callers import OTHER_KEY, PRIVATE_KEY, TEST_KEY, Signed, a_caller
from tests.support.unit_costs import (
    OCTOBER,
    a_charge,
    a_charge_record,
    a_fact_record,
    a_unit_fact,
    a_unit_id,
    an_account_fact,
)

PERIOD = OCTOBER.isoformat()


async def a_month(running: Running, publish: Publisher, account: str) -> Decimal:
    """An account with costs in two of its three units and some unassigned; what they sum to."""
    charges = [
        a_charge(n, f"{n}.{n:06d}", account=account, unit=("north", "south", None)[n % 3], seconds=n)
        for n in range(1, 31)
    ]
    charges += [a_charge(40, "7.000007", account=account, reverses=7)]
    facts = [an_account_fact(account), *(a_unit_fact(name, account) for name in ("north", "south", "idle"))]
    await publish.facts([a_fact_record(fact) for fact in facts])
    await publish.charges([a_charge_record(charge) for charge in charges])
    await published_all(running, account, len(charges))
    return sum((charge.amount for charge in charges), Decimal(0))


def figures(line: dict[str, Any]) -> Quantities:
    return Quantities(
        calls=line["calls"],
        duration_ms=line["duration_ms"],
        billed_s=line["billed_s"],
        amount=Decimal(line["amount"]),
    )


def ask(running: Running, account: str, path: str, **params: str) -> dict[str, Any]:
    with running.client(account) as client:
        response = client.get(path, params=params)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


@pytest.mark.parametrize("group", ["unit", "day", "category"])
async def test_the_summary_ties(running: Running, publish: Publisher, account: str, group: str) -> None:
    total = await a_month(running, publish, account)
    answer = ask(running, account, "/api/v1/unit-costs", period=PERIOD, group=group)
    assert (answer["currency"], answer["period"]) == ("EUR", PERIOD)
    assert Decimal(answer["total"]["amount"]) == total
    lines = answer["data"]
    assert reduce(Quantities.__add__, map(figures, lines), NOTHING) == figures(answer["total"])
    assert sum(Decimal(line["share"]) for line in lines) == 1
    units = {a_unit_id(name, account) for name in ("north", "south", "idle")}
    assert {line["unit_id"] for line in lines} == {*units, None}
    assert lines[-1]["unit_id"] is None
    idle = [line for line in lines if line["unit_id"] == a_unit_id("idle", account)]
    assert [figures(line) for line in idle] == [NOTHING]


async def test_without_a_period_it_is_the_latest_with_costs(
    running: Running, publish: Publisher, account: str
) -> None:
    await a_month(running, publish, account)
    assert ask(running, account, "/api/v1/unit-costs")["period"] == PERIOD


async def test_a_report_is_made_kept_and_published(running: Running, publish: Publisher, account: str) -> None:
    total = await a_month(running, publish, account)
    with running.client(account) as client:
        made = client.post("/api/v1/unit-reports", json={"period": PERIOD})
        assert made.status_code == 201, made.text
        report = made.json()["data"]
        assert client.get(made.headers["Location"]).json()["data"] == report
    assert Decimal(report["total_amount"]) == total
    assert reduce(Quantities.__add__, map(figures, report["lines"]), NOTHING).amount == total
    assert len(report["lines"]) == 4
    with running.client(f"{account}-other") as other:
        assert other.get(made.headers["Location"]).status_code == 404

    async with asyncio.timeout(PATIENCE_S):
        while True:
            if events := await reports_of(running, account):
                break
            await asyncio.sleep(0.2)
    assert [event["data"] for event in events] == [report]
    assert events[0]["id"] == report["report_id"]
    assert events[0]["type"] == "ringledger.unit-report-made.v1"


async def reports_of(running: Running, account: str) -> list[dict[str, Any]]:
    records = await read_topic(running.kafka, REPORTS.name, partitions=REPORTS.partitions)
    return [orjson.loads(record.value) for record in records if record.key == account.encode()]


async def test_the_command_shows_what_the_api_says(running: Running, publish: Publisher, account: str) -> None:
    total = await a_month(running, publish, account)
    answer = ask(running, account, "/api/v1/unit-costs", period=PERIOD)
    names = {a_unit_id("north", account): "North"}
    lines = [{**line, "name": name_of(line["unit_id"], names)} for line in answer["data"]]
    table = table_of(account, answer, lines)
    cells = {str(column.header): [*column.cells, column.footer] for column in table.columns}
    assert cells["Unit"][-2:] == ["Unassigned", "Total"]
    assert {"North", a_unit_id("south", account)} <= set(cells["Unit"])
    assert cells["Cost EUR"][-1] == f"{total:,.6f}"
    assert sum(Decimal(str(cell).replace(",", "")) for cell in cells["Cost EUR"][:-1]) == total
    assert cells["Share"][-1] == "100.00 %"


async def test_the_command_asks_and_says_what_went_wrong(
    running: Running, publish: Publisher, account: str
) -> None:
    """Names come from billing_units; where it does not answer, ids do."""
    total = await a_month(running, publish, account)
    nobody = f"http://127.0.0.1:{free_port()}"
    here = {
        "RINGLEDGER_REPORTING_URL": running.api,
        "RINGLEDGER_BILLING_UNITS_URL": nobody,
        "RINGLEDGER_OPERATOR_KEY": PRIVATE_KEY,
    }

    async def command(*words: str, **changed: str) -> Result:
        invoke = partial(CliRunner().invoke, app, ["units", "costs", *words], env=here | changed)
        return await asyncio.to_thread(invoke)

    shown = await command("--account", account, "--period", PERIOD, "--json")
    assert shown.exit_code == 0, shown.output
    answer = orjson.loads(shown.stdout)
    assert Decimal(answer["total"]["amount"]) == total
    assert {line["name"] for line in answer["data"]} >= {a_unit_id("idle", account), "Unassigned"}
    assert "ids instead" in shown.stderr
    table = await command("--account", account)
    assert (table.exit_code, f"{total:,.6f}" in table.stdout) == (0, True)
    refused = await command("--account", f"{account}-other")
    assert (refused.exit_code, "nothing is known of account" in refused.stderr) == (2, True)
    unreached = await command("--account", account, RINGLEDGER_REPORTING_URL=nobody)
    assert (unreached.exit_code, "does not answer" in unreached.stderr) == (1, True)


async def test_what_cannot_be_is_said_clearly(running: Running, publish: Publisher, account: str) -> None:
    await a_month(running, publish, account)
    north = a_unit_id("north", account)
    expected = [
        (f"/api/v1/unit-costs/{uuid.uuid4()}", 404, "not_found"),
        ("/api/v1/unit-costs/north", 422, "invalid"),
        (f"/api/v1/unit-costs/{north}?limit=0", 422, "invalid"),
        (f"/api/v1/unit-costs/{north}?after_seq=-1", 422, "invalid"),
        ("/api/v1/unit-costs?period=2026-10-02", 422, "not_a_period"),
        ("/api/v1/unit-costs?period=20261001", 422, "invalid"),
        ("/api/v1/unit-costs?group=week", 422, "invalid"),
        (f"/api/v1/unit-reports/{uuid.uuid4()}", 404, "not_found"),
    ]
    with running.client(account) as client:
        for path, status, code in expected:
            response = client.get(path)
            assert (response.status_code, response.json()["code"]) == (status, code), path
            assert response.headers["content-type"] == "application/problem+json"
    with running.client(f"{account}-other") as client:
        assert client.get(f"/api/v1/unit-costs/{north}").status_code == 404
        assert client.get("/api/v1/unit-costs").status_code == 404
    with running.client("*") as client:
        assert client.get("/api/v1/unit-costs").status_code == 422
    for key, audience in ((OTHER_KEY, "reporting"), (TEST_KEY, "billing_units")):
        auth = Signed(caller=a_caller(account), audience=audience, key=key)
        with httpx.Client(base_url=running.api, auth=auth) as client:
            answer = client.get("/api/v1/unit-costs")
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Statement")


async def test_who_is_limited_to_units_sees_only_their_figures(
    running: Running, publish: Publisher, account: str
) -> None:
    await a_month(running, publish, account)
    north, south = (a_unit_id(name, account) for name in ("north", "south"))
    whole = {line["unit_id"]: line for line in ask(running, account, "/api/v1/unit-costs", period=PERIOD)["data"]}
    with running.client(account, Privilege.VIEW_BILLING_UNIT, units=[north]) as client:
        answer = client.get("/api/v1/unit-costs", params={"period": PERIOD}).json()
        assert [line["unit_id"] for line in answer["data"]] == [north]
        assert figures(answer["data"][0]) == figures(answer["total"]) == figures(whole[north])
        assert client.get(f"/api/v1/unit-costs/{north}").status_code == 200
        for hidden in (south, "unassigned", str(uuid.uuid4())):
            refused = client.get(f"/api/v1/unit-costs/{hidden}")
            assert (refused.status_code, refused.json()["code"]) == (404, "not_found"), hidden
        made = client.post("/api/v1/unit-reports", json={"period": PERIOD})
        assert (made.status_code, made.json()["code"]) == (403, "missing_privilege")


async def test_daily_costs_are_of_the_units_and_days_asked_for(
    running: Running, publish: Publisher, account: str
) -> None:
    total = await a_month(running, publish, account)
    units = [a_unit_id("north", account), a_unit_id("south", account), "unassigned"]
    span = {"use_on[gte]": "2026-10-01", "use_on[lt]": "2026-11-01"}
    for group, named in (("unit", set()), ("day", {"use_on"}), ("day_category", {"use_on", "category"})):
        with running.client(account) as client:
            answer = client.get("/api/v1/daily-unit-costs", params={"unit_id": units, "group": group, **span})
        rows = answer.json()["data"]
        assert sum(Decimal(row["amount"]) for row in rows) == total
        assert {row["unit_id"] for row in rows} == {*units[:2], None}
        assert set(rows[0]) == {"unit_id", "currency", "calls", "duration_ms", "billed_s", "amount", *named}
    with running.client(account) as client:
        one = client.get("/api/v1/daily-unit-costs", params={"unit_id": units[:1], "group": "unit", **span})
        none = client.get("/api/v1/daily-unit-costs", params={"unit_id": units, **span, "use_on[lt]": "2026-10-02"})
    assert [row["unit_id"] for row in one.json()["data"]] == units[:1]
    assert none.json()["data"] == []


async def test_who_is_limited_gets_daily_costs_of_own_units(
    running: Running, publish: Publisher, account: str
) -> None:
    await a_month(running, publish, account)
    north, south = a_unit_id("north", account), a_unit_id("south", account)
    params = {"unit_id": [north, south, "unassigned"], "use_on[gte]": "2026-10-01", "use_on[lt]": "2026-11-01"}
    with running.client(account, Privilege.VIEW_BILLING_UNIT, units=[north]) as client:
        answer = client.get("/api/v1/daily-unit-costs", params=params)
    assert {row["unit_id"] for row in answer.json()["data"]} == {north}


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"use_on[lt]": "2026-10-01"}, "bad_span"),
        ({"use_on[lt]": "2028-10-01"}, "bad_span"),
        ({"use_on[lt]": "2027-10-01", "unit_id": [str(uuid.UUID(int=n)) for n in range(20)]}, "bad_span"),
        ({"use_on[lt]": "tomorrow"}, "invalid"),
        ({"unit_id": ["north"]}, "invalid"),
        ({"unit_id": []}, "invalid"),
    ],
)
async def test_a_span_of_days_that_cannot_be_is_refused(
    running: Running, account: str, asked: dict[str, Any], code: str
) -> None:
    usual = {"unit_id": ["unassigned"], "use_on[gte]": "2026-10-01", "use_on[lt]": "2026-11-01"}
    with running.client(account) as client:
        answer = client.get("/api/v1/daily-unit-costs", params=usual | asked)
    assert (answer.status_code, answer.json()["code"]) == (422, code), answer.text
