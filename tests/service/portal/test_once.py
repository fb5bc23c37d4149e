"""Portal's own POSTs under an Idempotency-Key: once in effect, the same answered alike, and no secret kept."""

import asyncio
from typing import Any

import asyncpg
import httpx

from tests.support.directory import unit_id
from tests.support.front import PASSWORD, Front

KEY = {"Idempotency-Key": "k-1"}
ADA: dict[str, Any] = {"sign_in_name": "ada", "name": "Ada Moss", "password": PASSWORD}


def is_replay(answer: httpx.Response) -> bool:
    return answer.headers.get("idempotency-replayed") == "true"


async def test_a_person_is_made_once_and_another_body_is_refused(front: Front) -> None:
    async with front.operator() as client:
        first = await client.post("/api/v1/people", json=ADA, headers=KEY)
        again = await client.post("/api/v1/people", json=ADA, headers=KEY)
        other = await client.post("/api/v1/people", json=ADA | {"password": f"{PASSWORD}!"}, headers=KEY)
        people = (await client.get("/api/v1/people")).json()["data"]
    assert (first.status_code, again.status_code) == (201, 201), first.text
    assert first.json() == again.json() and first.headers["location"] == again.headers["location"]
    assert (is_replay(first), is_replay(again)) == (False, True)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused"), "another password, too"
    assert len(people) == 1


async def test_a_refusal_is_answered_alike_and_a_body_that_is_not_valid_uses_no_key_up(front: Front) -> None:
    await front.person("ada")
    async with front.operator() as client:
        invalid = await client.post("/api/v1/people", json={"name": "Ada"}, headers=KEY)
        refused = [await client.post("/api/v1/people", json=ADA, headers=KEY) for _ in range(2)]
    assert invalid.status_code == 422
    assert [(answer.status_code, answer.json()["code"]) for answer in refused] == [(409, "name_taken")] * 2
    assert [is_replay(answer) for answer in refused] == [False, True]
    assert refused[0].json() == refused[1].json(), "the request of the first time is named"
    assert refused[1].headers["content-type"] == "application/problem+json"


async def test_a_repeat_is_not_shown_the_secret_of_a_key_for_it_is_kept_nowhere(front: Front) -> None:
    body = {"name": "pbx", "access_groups": ["publish_events"]}
    async with front.operator() as client:
        first = await client.post("/api/v1/api-keys", json=body, headers=KEY)
        again = await client.post("/api/v1/api-keys", json=body, headers=KEY)
        keys = (await client.get("/api/v1/api-keys")).json()["data"]
    made = first.json()["data"]
    assert again.status_code == 201 and is_replay(again)
    assert again.json()["data"] == {"key_id": made["key_id"], "api_key": None}
    assert [key["key_id"] for key in keys] == [made["key_id"]]
    secret = made["api_key"].rpartition("_")[2]
    async with front.pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT set_config('app.account', 'acme', true)")
        rows = await connection.fetch("SELECT * FROM idempotency_key")
    assert len(rows) == 1 and rows[0]["body"] and secret.encode() not in rows[0]["body"]


async def test_revoking_and_signing_out_are_done_once(front: Front) -> None:
    ada = await front.person("ada")
    await front.sign_in("ada")
    async with front.operator() as client:
        made = (await client.post("/api/v1/api-keys", json={"name": "pbx"})).json()["data"]
        for path, said in (
            (f"/api/v1/api-keys/{made['key_id']}/revoke", {"key_id": made["key_id"]}),
            (f"/api/v1/people/{ada['person_id']}/sign-out", {"sessions": 1}),
        ):
            key = {"Idempotency-Key": path}
            first, again = [await client.post(path, headers=key) for _ in range(2)]
            assert first.json() == again.json() == {"data": said}
            assert (is_replay(first), is_replay(again)) == (False, True)
        await front.sign_in("ada")
        later = await client.post(f"/api/v1/people/{ada['person_id']}/sign-out", headers={"Idempotency-Key": "2"})
        assert later.json()["data"]["sessions"] == 1
        other = await client.post(f"/api/v1/people/{unit_id('no-one')}/sign-out", headers=key)
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


async def test_of_twenty_at_once_one_person_is_made_and_the_others_wait_or_are_told(front: Front) -> None:
    async with front.operator() as client:
        answers = await asyncio.gather(*(client.post("/api/v1/people", json=ADA, headers=KEY) for _ in range(20)))
        people = (await client.get("/api/v1/people")).json()["data"]
    assert len(people) == 1
    codes = {(answer.status_code, answer.json().get("code")) for answer in answers}
    assert codes <= {(201, None), (409, "in_flight")} and (409, "in_flight") in codes
    assert [is_replay(answer) for answer in answers if answer.status_code == 201].count(False) == 1


async def test_a_key_of_one_caller_is_nothing_to_another_and_a_wrong_one_is_refused(front: Front) -> None:
    async with front.operator() as client:
        await client.post("/api/v1/people", json=ADA, headers=KEY)
        for wrong in ("", "a b", "x" * 129):
            refused = await client.post("/api/v1/people", json=ADA, headers={"Idempotency-Key": wrong})
            assert refused.status_code == 422 and "Idempotency-Key" in str(refused.json()["errors"])
    async with front.operator("other") as client:
        theirs = await client.post("/api/v1/people", json=ADA, headers=KEY)
    assert theirs.status_code == 201 and not is_replay(theirs)


async def test_what_is_kept_of_a_request_does_not_let_a_password_be_guessed(front: Front) -> None:
    from hashlib import sha256

    async with front.operator() as client:
        asked = client.build_request("POST", "/api/v1/people", json=ADA, headers=KEY)
        assert (await client.send(asked)).status_code == 201
    async with front.pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT set_config('app.account', 'acme', true)")
        row: asyncpg.Record = await connection.fetchrow("SELECT * FROM idempotency_key")
    plain = sha256(b"\n".join([b"POST", b"people", b"", asked.content])).digest()
    assert row["request_hash"] != plain and PASSWORD.encode() not in row["body"]
