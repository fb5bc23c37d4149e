"""docs/access.md, cell by cell: what the page says is what a guarded application of each service answers."""

import re
from collections.abc import Iterator

import httpx
import pytest
from fastapi import APIRouter

from chassis.probes import Probes
from chassis.web import UndeclaredOperation, Units, service_api
from cli.access_table import EXAMPLE_UNITS, HOLDERS, NO, OWN_UNITS, YES, a_caller, pages_of, policies_of
from contracts.topics import SERVICES
from contracts.values.access import Policies, Policy, Privilege, Role, privileges_of
from tests.contract.examples import ROOT
from tests.support.callers import a_guard, statement

WORDS = {YES, OWN_UNITS, NO}
CODES = {"missing_privilege", "limited_to_units", "operator_only"}
UUID_TEXT = "5ccfd1e1-a15d-506a-84e7-b4431c35fb7d"


async def well() -> str | None:
    return None


PROBES = Probes(live=well, ready={})


def echoing(policies: Policies) -> APIRouter:
    """Answers every operation of a service with the units it was told to narrow itself to."""
    router = APIRouter()
    for operation in policies:
        method, path = operation.split(" ")

        async def echo(units: Units) -> dict[str, list[str] | None]:
            return {"units": None if units is None else sorted(units)}

        router.add_api_route(path, echo, methods=[method], name=operation)
    return router


def rows() -> Iterator[tuple[str, str, str, str]]:
    """Service, operation, column and cell of the page."""
    for section in (ROOT / "docs" / "access.md").read_text("utf-8").split("\n## ")[1:]:
        service, _, table = section.partition("\n")
        lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.strip().splitlines()]
        heads = lines[0][1:]
        for operation, *cells in lines[2:]:
            for head, cell in zip(heads, cells, strict=True):
                yield service, operation.strip("`"), head, cell


def test_the_page_has_every_operation_of_every_service() -> None:
    found = {(service, operation) for service, operation, _, _ in rows()}
    declared = {(service, operation) for service in SERVICES for operation in policies_of(service)}
    pages = {(f"{service}: pages", operation) for service in SERVICES for operation in pages_of(service)}
    assert pages and found == declared | pages
    assert {cell for *_, cell in rows()} == WORDS
    assert {head for _, _, head, _ in rows()} >= set(HOLDERS)


def test_what_the_page_says_of_basic_roles_is_so() -> None:
    page = (ROOT / "docs" / "access.md").read_text("utf-8")
    assert "in one with basic roles only Admin reaches Billing, and a member" in page
    assert privileges_of(Role.MEMBER, frozenset(Privilege), "basic_roles") == HOLDERS["none"]
    assert privileges_of(Role.ADMIN, frozenset(), "basic_roles") == HOLDERS["Admin"]


@pytest.mark.parametrize("service", SERVICES)
async def test_every_cell_is_what_the_door_answers(service: str) -> None:
    policies = {**policies_of(service), **pages_of(service)}
    app = service_api(service, a_guard(service), policies, PROBES, echoing(policies))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://door") as client:
        for named, operation, head, cell in rows():
            if named.removesuffix(": pages") != service:
                continue
            name, _, limited = head.partition(",")
            caller = a_caller(HOLDERS[name], limited=bool(limited))
            method, path = operation.split(" ")
            answer = await client.request(
                method,
                re.sub(r"\{[a-z_]+\}", UUID_TEXT, path),
                headers={"Authorization": statement(caller, service)},
            )
            where = f"{operation}, {head}"
            if cell == NO:
                assert answer.status_code == 403, where
                assert answer.json()["code"] in CODES, where
                assert answer.json()["request_id"] == caller.request_id
            else:
                assert answer.status_code == 200, where
                units = sorted(EXAMPLE_UNITS) if cell == OWN_UNITS else None
                assert answer.json() == {"units": units}, where


def test_an_operation_without_a_policy_and_a_policy_without_an_operation_do_not_start() -> None:
    policy = Policy(any_of=frozenset({Privilege.EDIT_BILLING}))
    declared = {"GET /api/v1/known": policy}
    for policies, routed in (({}, declared), (declared, {}), (declared, {"POST /api/v1/known": policy})):
        with pytest.raises(UndeclaredOperation, match="/api/v1/known"):
            service_api("any", a_guard("any"), policies, PROBES, echoing(routed))
