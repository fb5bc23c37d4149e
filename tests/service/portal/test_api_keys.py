"""API keys: shown once, limited as they were made, ended at once."""

from datetime import timedelta
from typing import Any

from chassis.clock import system_clock
from tests.support.front import Front

UNIT = "5ccfd1e1-a15d-506a-84e7-b4431c35fb7d"


async def issue(front: Front, account: str = "acme", **more: Any) -> dict[str, Any]:
    async with front.operator(account) as client:
        made = await client.post("/api/v1/api-keys", json={"name": "export"} | more)
    assert made.status_code == 201, made.text
    data: dict[str, Any] = made.json()["data"]
    return data


async def test_a_machine_is_what_its_key_says(front: Front) -> None:
    issued = await issue(front, access_groups=["view_billing_unit"], units=[UNIT])
    async with front.by_key(issued["api_key"]) as client:
        me = (await client.get("/api/v1/me")).json()["data"]
        assert (me["kind"], me["privileges"], me["units"]) == ("api_key", ["view_billing_unit"], [UNIT])
        assert (await client.get("/api/v1/people")).status_code == 403
    async with front.operator() as client:
        [listed] = (await client.get("/api/v1/api-keys")).json()["data"]
    assert listed["last_used_at"] is not None
    assert issued["api_key"].rpartition("_")[2] not in str(listed)


async def test_a_key_never_administers(front: Front) -> None:
    async with front.operator() as client:
        for groups in (["administer"], ["operate"]):
            refused = await client.post("/api/v1/api-keys", json={"name": "x", "access_groups": groups})
            assert refused.status_code == 422


async def test_a_revoked_an_expired_and_a_wrong_key_open_nothing(front: Front) -> None:
    revoked, expiring = await issue(front), None
    until = (system_clock() + timedelta(hours=1)).isoformat()
    expiring = await issue(front, expires_at=until)
    wrong = [revoked["api_key"][:-1] + "~", f"rlk_{'0' * 32}_x", "rlk", ""]
    for text in wrong:
        async with front.by_key(text) as client:
            assert (await client.get("/api/v1/me")).status_code == 401, text
    async with front.operator("other") as client:
        assert (await client.post(f"/api/v1/api-keys/{revoked['key_id']}/revoke")).status_code == 404
    async with front.operator() as client:
        assert (await client.post(f"/api/v1/api-keys/{revoked['key_id']}/revoke")).status_code == 200
        assert (await client.post(f"/api/v1/api-keys/{revoked['key_id']}/revoke")).status_code == 404
        past = {"name": "late", "expires_at": "2026-01-01T00:00:00Z"}
        assert (await client.post("/api/v1/api-keys", json=past)).json()["code"] == "expired_already"
    async with front.by_key(revoked["api_key"]) as client:
        assert (await client.get("/api/v1/me")).status_code == 401
    async with front.by_key(expiring["api_key"]) as client:
        assert (await client.get("/api/v1/me")).status_code == 200
        front.later = timedelta(hours=1)
        assert (await client.get("/api/v1/me")).status_code == 401
