"""Another password for oneself: the old one asked and throttled, other sessions ended, written down."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from services.portal.domain.throttle import NAME_ATTEMPTS_MAX
from services.portal.handlers.sign_in import NotSignedIn, SignedIn
from tests.service.portal.test_pages import body
from tests.support.front import PASSWORD, Front

NEW = "a longer horse battery"
PATH = "/me/password"


async def change(
    front: Front, token: str, *, old: str = PASSWORD, new: str = NEW, again: str | None = None
) -> httpx.Response:
    async with front.by_cookie(token) as client:
        return await client.post(PATH, data=body(token, old=old, new=new, again=new if again is None else again))


async def test_the_new_password_counts_other_sessions_end_and_it_is_audited(front: Front) -> None:
    ada = await front.person("ada", role="admin")
    await front.person("ben")
    here, there, other = [await front.sign_in(name) for name in ("ada", "ada", "ben")]
    changed = await change(front, here)
    assert (changed.status_code, changed.headers["location"]) == (303, "/me?done=password"), changed.text
    good = [await front.parts.door.sign_in.visitor_of(token, "r") for token in (here, there, other)]
    assert [visitor is not None for visitor in good] == [True, False, True]
    async with front.by_cookie(here) as client:
        assert "Your password is changed" in (await client.get("/me?done=password")).text
        [entry, *_] = (await client.get("/api/v1/audit")).json()["data"]
    assert (entry["action"], entry["subject"], entry["caller_id"]) == (
        "person.password",
        ada["person_id"],
        ada["person_id"],
    )
    assert NEW not in str(entry) and entry["after"] == '{"sessions_ended": 1}'
    assert await front.try_sign_in("ada") == NotSignedIn(code="wrong")
    assert isinstance(await front.try_sign_in("ada", NEW), SignedIn)


@pytest.mark.parametrize(
    ("fields", "status", "says"),
    [
        ({"old": "wrong"}, 403, "The old password is not right."),
        ({"old": ""}, 403, "The old password is not right."),
        ({"new": "short"}, 422, "at least 12 characters"),
        ({"new": "x" * 201}, 422, "at most 200 characters"),
        ({"again": "something else"}, 422, "are not alike"),
        ({"new": PASSWORD}, 422, "That is the password you have"),
    ],
)
async def test_what_cannot_be_changes_nothing(front: Front, fields: dict[str, str], status: int, says: str) -> None:
    await front.person("ada")
    tokens = [await front.sign_in("ada") for _ in range(2)]
    refused = await change(front, tokens[0], **fields)
    assert (refused.status_code, says in refused.text) == (status, True), refused.text
    assert PASSWORD not in refused.text and NEW not in refused.text
    assert all([await front.parts.door.sign_in.visitor_of(token, "r") for token in tokens])
    assert isinstance(await front.try_sign_in("ada"), SignedIn)


async def test_guesses_are_throttled_together_with_those_of_signing_in(front: Front) -> None:
    await front.person("ada")
    token = await front.sign_in("ada")
    for _ in range(NAME_ATTEMPTS_MAX // 2):
        assert (await change(front, token, old="wrong")).status_code == 403
        await front.try_sign_in("ada", "wrong")
    throttled = await change(front, token)
    assert throttled.status_code == 429 and "Too many attempts" in throttled.text, "also with the right password"
    assert await front.try_sign_in("ada") == NotSignedIn(code="throttled")
    front.later = timedelta(minutes=16)
    assert (await change(front, token)).status_code == 303


async def test_of_two_changes_at_once_one_counts(front: Front) -> None:
    await front.person("ada")
    tokens = [await front.sign_in("ada") for _ in range(2)]
    answers = await asyncio.gather(
        *(change(front, token, new=f"{NEW} {place}") for place, token in enumerate(tokens))
    )
    statuses = [answer.status_code for answer in answers]
    assert statuses.count(303) == 1, statuses
    winner = statuses.index(303)
    assert isinstance(await front.try_sign_in("ada", f"{NEW} {winner}"), SignedIn)
    assert await front.try_sign_in("ada", f"{NEW} {1 - winner}") == NotSignedIn(code="wrong")


async def test_it_is_changed_by_its_own_page_alone(front: Front) -> None:
    await front.person("ada")
    token = await front.sign_in("ada")
    fields = {"old": PASSWORD, "new": NEW, "again": NEW}
    async with front.by_cookie(token) as client:
        assert (await client.post(PATH, data=fields)).status_code == 403, "without the form's token"
        assert (await client.get(PATH)).headers["location"] == "/me"
    async with front.by_cookie(token, Origin="https://elsewhere.example") as client:
        assert (await client.post(PATH, data=body(token, **fields))).status_code == 403
    async with front.client() as client:
        assert (await client.post(PATH, data=fields)).headers["location"] == "/sign-in"
    assert isinstance(await front.try_sign_in("ada"), SignedIn)
