"""People and their sessions: who gets in, who does not, and what is written down of it."""

import asyncio
from datetime import timedelta

import pytest

from services.portal.domain.throttle import NAME_ATTEMPTS_MAX
from services.portal.handlers.front_door import TOKEN_HEADER
from services.portal.handlers.sign_in import SESSION_IDLE, SESSION_LIFE, NotSignedIn, SignedIn
from tests.support.front import Front


async def status(front: Front, token: str, path: str = "/api/v1/me") -> int:
    async with front.by_cookie(token) as client:
        return (await client.get(path)).status_code


async def test_a_person_signs_in_and_is_who_they_are(front: Front) -> None:
    person = await front.person("Ada@Acme.example", access_groups=["edit_billing_unit"])
    token = await front.sign_in("ada@acme.EXAMPLE")
    async with front.by_cookie(token) as client:
        me = (await client.get("/api/v1/me")).json()["data"]
    assert me == {
        "account_id": "acme",
        "kind": "person",
        "id": person["person_id"],
        "privileges": ["edit_billing_unit"],
        "units": None,
        "access": "access_groups",
    }
    assert await status(front, token, "/api/v1/people") == 403
    assert await status(front, "nobody's") == 401


async def test_wrong_names_and_passwords_are_told_alike_and_too_many_are_throttled(front: Front) -> None:
    await front.person("ada")
    assert await front.try_sign_in("nobody") == await front.try_sign_in("ada", "wrong") == NotSignedIn(code="wrong")
    for _ in range(NAME_ATTEMPTS_MAX - 1):
        await front.try_sign_in("ada", "wrong")
    assert await front.try_sign_in("ada") == NotSignedIn(code="throttled"), "also with the right password"
    front.later = timedelta(minutes=16)
    assert isinstance(await front.try_sign_in("ada"), SignedIn)


async def test_one_address_cannot_try_many_names(front: Front) -> None:
    answers = [await front.try_sign_in(f"name-{number}", address="198.51.100.7") for number in range(61)]
    assert [answer.code for answer in answers if isinstance(answer, NotSignedIn)] == ["wrong"] * 60 + ["throttled"]
    assert await front.try_sign_in("name-0", address="198.51.100.8") == NotSignedIn(code="wrong")


async def test_the_same_name_in_two_accounts_is_two_people(front: Front) -> None:
    for account in ("acme", "other"):
        await front.person("ada", account=account)
    assert await front.try_sign_in("ada") == NotSignedIn(code="which_account")
    token = await front.sign_in("ada", account="other")
    async with front.by_cookie(token) as client:
        assert (await client.get("/api/v1/me")).json()["data"]["account_id"] == "other"


@pytest.mark.parametrize(("idle", "ended"), [(SESSION_IDLE, True), (SESSION_IDLE / 2, False), (SESSION_LIFE, True)])
async def test_a_session_ends_when_it_is_not_used(front: Front, idle: timedelta, ended: bool) -> None:
    await front.person("ada")
    token = await front.sign_in("ada")
    front.later = idle + timedelta(seconds=1)
    assert await status(front, token) == (401 if ended else 200)


async def test_a_session_in_use_ends_after_its_life(front: Front) -> None:
    await front.person("ada")
    token = await front.sign_in("ada")
    while front.later < SESSION_LIFE - SESSION_IDLE:
        front.later += SESSION_IDLE - timedelta(minutes=1)
        assert await status(front, token) == 200
    front.later = SESSION_LIFE + timedelta(seconds=1)
    assert await status(front, token) == 401


async def test_signing_out_everywhere_ends_every_session_and_no_one_else_s(front: Front) -> None:
    await front.person("boss", role="admin")
    ada = await front.person("ada")
    tokens = [await front.sign_in("ada") for _ in range(3)]
    boss = await front.sign_in("boss")
    async with front.by_cookie(boss) as client:
        ended = await client.post(f"/api/v1/people/{ada['person_id']}/sign-out")
    assert ended.json() == {"data": {"sessions": 3}}
    assert [await status(front, token) for token in tokens] == [401] * 3
    assert await status(front, boss) == 200


async def test_rights_count_from_the_next_request_on_and_deactivating_ends_sessions(front: Front) -> None:
    await front.person("boss", role="admin")
    ada = await front.person("ada", role="admin")
    token, boss = await front.sign_in("ada"), await front.sign_in("boss")
    path = f"/api/v1/people/{ada['person_id']}"
    async with front.by_cookie(boss) as client:
        assert await status(front, token, "/api/v1/people") == 200
        assert (await client.patch(path, json={"role": "member", "version": 1})).json()["data"]["version"] == 2
        assert await status(front, token, "/api/v1/people") == 403
        stale = await client.patch(path, json={"role": "admin", "version": 1})
        assert (stale.status_code, stale.json()["code"]) == (412, "changed_meanwhile")
        assert (await client.patch(path, json={"role": "member", "active": False})).status_code == 200
    assert await status(front, token) == 401
    assert await front.try_sign_in("ada") == NotSignedIn(code="wrong")


async def test_an_account_keeps_an_admin(front: Front) -> None:
    boss = await front.person("boss", role="admin")
    await front.person("far", account="other", role="admin")
    async with front.operator() as client:
        for body in (
            {"role": "member"},
            {"role": "admin", "active": False},
            {"role": "admin", "units": ["5ccfd1e1-a15d-506a-84e7-b4431c35fb7d"]},
        ):
            refused = await client.patch(f"/api/v1/people/{boss['person_id']}", json=body)
            assert (refused.status_code, refused.json()["code"]) == (409, "last_admin"), body


async def test_another_site_cannot_make_a_browser_change_anything(front: Front) -> None:
    await front.person("boss", role="admin")
    token = await front.sign_in("boss")
    wanted = {"sign_in_name": "eve", "name": "Eve", "password": "correct horse battery"}
    for headers in (
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {TOKEN_HEADER: ""},
        {TOKEN_HEADER: "x" * 43},
    ):
        async with front.by_cookie(token, **headers) as client:
            refused = await client.post("/api/v1/people", json=wanted)
            assert (refused.status_code, refused.json()["code"]) == (403, "cross_site"), headers
            assert (await client.get("/api/v1/people")).status_code == 200
    async with front.by_cookie(token) as client:
        assert (await client.post("/api/v1/people", json=wanted)).status_code == 201
        again = await client.post("/api/v1/people", json=wanted | {"sign_in_name": "EVE"})
        assert (again.status_code, again.json()["code"]) == (409, "name_taken")
        weak = await client.post("/api/v1/people", json=wanted | {"sign_in_name": "mallory", "password": "short"})
        assert (weak.status_code, weak.json()["code"]) == (422, "bad_password")
        beyond = await client.post(
            "/api/v1/people", json=wanted | {"sign_in_name": "mallory", "access_groups": ["operate"]}
        )
        assert beyond.status_code == 422


async def test_every_change_is_audited_in_a_chain_without_names(front: Front) -> None:
    await front.person("boss", role="admin")
    boss = await front.sign_in("boss")
    async with front.by_cookie(boss) as client:

        async def create(number: int) -> None:
            body = {"sign_in_name": f"p-{number}", "name": "Nobody", "password": "correct horse battery"}
            assert (await client.post("/api/v1/people", json=body)).status_code == 201

        await asyncio.gather(*map(create, range(6)))
        first = (await client.get("/api/v1/audit", params={"limit": 5})).json()
        rest = (await client.get("/api/v1/audit", params={"cursor": first["next_cursor"]})).json()
    entries = first["data"] + rest["data"]
    assert [entry["seq"] for entry in entries] == list(range(8, 0, -1))
    assert {entry["action"] for entry in entries} == {"person.create", "sign-in"}
    assert first["broken_at"] is rest["broken_at"] is None
    assert "boss" not in str(entries) and "p-1" not in str(entries)


async def test_nobody_meets_people_of_another_account(front: Front) -> None:
    ada = await front.person("ada")
    await front.person("boss", account="other", role="admin")
    token = await front.sign_in("boss")
    async with front.by_cookie(token) as client:
        assert [person["name"] for person in (await client.get("/api/v1/people")).json()["data"]] == ["boss"]
        for answer in (
            await client.patch(f"/api/v1/people/{ada['person_id']}", json={"role": "admin"}),
            await client.post(f"/api/v1/people/{ada['person_id']}/sign-out"),
        ):
            assert answer.status_code == 404
        assert len((await client.get("/api/v1/audit")).json()["data"]) == 2
