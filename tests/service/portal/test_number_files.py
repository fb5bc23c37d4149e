"""A file of numbers in place of a pasted list: read, shown and refused in the same way, row by row."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from services.portal.domain.credentials import form_token
from services.portal.domain.number_file import FILE_BYTES_MAX
from services.portal.domain.routing import BODY_BYTES_MAX
from services.portal.domain.tabs import NEW_UNIT, UNITS_TAB
from services.portal.domain.unit_draft import MEMBERS_MAX
from services.portal.pages.forms import FIELDS_MAX
from tests.conftest import FreshDatabase
from tests.service.portal.test_unit_pages import Desk
from tests.support.directory import ACCOUNT, NUMBER, OTHER_NUMBER, a_number, a_working_account, unit_id
from tests.support.front import Front, units_behind
from tests.support.schemas import migrated

ADD = f"{UNITS_TAB.path}/{unit_id('Sales')}/add"
FREE = [f"+4420794600{place}" for place in range(30, 34)]
MANY = [f"+44207{place:07}" for place in range(MEMBERS_MAX + 1)]


@pytest.fixture
async def desk(front: Front, fresh_database: FreshDatabase) -> AsyncIterator[Desk]:
    """An Admin of an account with free numbers."""
    dsn = await fresh_database(migrated("billing_units"))
    numbers = [a_number(number) for number in (OTHER_NUMBER, *FREE)]
    async with units_behind(front, dsn, *a_working_account(), *numbers) as allocating:
        await front.person("ada", account=ACCOUNT, role="admin")
        token = await front.sign_in("ada")
        async with front.by_cookie(token) as client:
            yield Desk(client=client, token=token, allocating=allocating)


async def send(desk: Desk, path: str, content: bytes | str, **fields: Any) -> httpx.Response:
    """A form with a file, as a browser sends it."""
    file = content.encode() if isinstance(content, str) else content
    data = {"form_token": form_token(desk.token), **fields}
    return await desk.client.post(path, data=data, files={"file": ("numbers.csv", file, "text/csv")})


async def test_a_new_unit_takes_the_numbers_of_a_file(desk: Desk) -> None:
    table = f"Desk;Number\nOne;{FREE[0]}\nTwo;+44 20 7946 0031\n"
    form = await send(desk, NEW_UNIT, table, name="Night", opened="1", number=OTHER_NUMBER, pasted=FREE[2])
    assert form.status_code == 200, form.text
    for number in (OTHER_NUMBER, *FREE[:3]):
        assert f'<input type="hidden" name="number" value="{number}">' in form.text
    panel = await desk.send(f"{NEW_UNIT}/numbers", name="Night")
    assert 'enctype="multipart/form-data"' in panel.text and 'type="file"' in panel.text


async def test_of_a_new_unit_each_row_that_cannot_be_is_told_and_the_others_are_chosen(desk: Desk) -> None:
    refused = await send(desk, NEW_UNIT, f"{FREE[0]}\n{NUMBER}\nhello\n", name="Night", opened="1")
    assert refused.status_code == 422 and "2 of the listed numbers cannot be assigned" in refused.text
    assert f"{NUMBER}</span> is in another billing unit" in refused.text
    assert "hello</span> is not a number of this account" in refused.text
    assert f'value="{FREE[0]}" checked' in refused.text or f'name="number" value="{FREE[0]}"' in refused.text


async def test_searching_meanwhile_keeps_the_file_s_numbers_in_sight(desk: Desk) -> None:
    panel = await send(desk, f"{NEW_UNIT}/numbers", "\n".join(FREE), q="0030", pasted="+49 30 1")
    assert panel.status_code == 200
    assert "+49 30 1\n" + "\n".join(FREE) + "</textarea>" in panel.text
    added = await send(desk, ADD, "\n".join(FREE), step="search", q="ben")
    assert added.status_code == 200 and "\n".join(FREE) + "</textarea>" in added.text


async def test_more_numbers_than_a_form_holds_are_not_cut_off_unseen(desk: Desk) -> None:
    await desk.allocating.adopt(*(a_number(number) for number in MANY))
    refused = await send(desk, NEW_UNIT, "\n".join(MANY), name="Night", opened="1")
    assert refused.status_code == 422 and "at most 2,000 numbers" in refused.text
    assert f"{MANY[0]}\n" in refused.text, "they can still be seen"
    assert "Nobody yet" in (await send(desk, NEW_UNIT, "\n".join(MANY[1:]), name="Night")).text


async def test_a_unit_takes_the_numbers_of_a_file_all_or_none(desk: Desk) -> None:
    refused = await send(desk, ADD, f"Number\n{FREE[0]}\n{NUMBER}\nhello\n", step="preview")
    assert refused.status_code == 422 and "Nothing was assigned." in refused.text
    assert f"<li>{NUMBER}: number {NUMBER} is in unit &#39;Claims&#39;" in refused.text
    assert "<li>hello: it begins with neither + nor 00" in refused.text
    assert f"{FREE[0]}\n{NUMBER}\nhello</textarea>" in refused.text, "what was read can be corrected"
    preview = await send(desk, ADD, "\n".join(FREE), step="preview", pasted=OTHER_NUMBER, day="2026-06-01")
    assert preview.status_code == 200, preview.text
    kept = "\n".join([OTHER_NUMBER, *FREE])
    assert f'<input type="hidden" name="pasted" value="{kept}">' in preview.text
    page = await desk.done(ADD, step="confirm", pasted=kept, day="2026-06-01")
    assert all(number in page for number in (OTHER_NUMBER, *FREE))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "The file names no number."),
        (b"PK\x03\x04\x00", "The file is not text in UTF-8."),
        (b"1" * (FILE_BYTES_MAX + 1), "The file has 262,145 bytes, and at most 262,144 are taken."),
    ],
)
async def test_a_file_that_cannot_be_read_says_why_and_keeps_the_rest(
    desk: Desk, content: bytes, says: str
) -> None:
    for path in (NEW_UNIT, f"{NEW_UNIT}/numbers", ADD):
        refused = await send(desk, path, content, name="Night", opened="1", number=OTHER_NUMBER, pasted=FREE[0])
        assert refused.status_code == 422 and says in refused.text, path
        assert OTHER_NUMBER in refused.text and FREE[0] in refused.text, path


async def test_a_form_that_is_too_large_is_answered_by_a_page(desk: Desk) -> None:
    refused = await send(desk, ADD, b"1" * BODY_BYTES_MAX, step="preview")
    assert refused.status_code == 413 and "a file may have 262,144 bytes" in refused.text
    assert refused.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in refused.headers["content-security-policy"]
    over_api = await desk.client.post("/api/v1/billing-units", content=b"1" * (BODY_BYTES_MAX + 1))
    assert over_api.status_code == 413 and over_api.json()["code"] == "too_large"


async def test_what_is_no_form_with_a_file_is_refused(desk: Desk) -> None:
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    bad = (
        b"hello",
        b"--x\r\nContent-Disposition: form-data\r\n\r\na\r\n--x--\r\n",
        b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n' * (FIELDS_MAX + 1) + b"--x--\r\n",
    )
    for content in bad:
        refused = await desk.client.post(ADD, content=content, headers=kind)
        assert refused.status_code in (403, 422), refused.text
    unnamed = await desk.client.post(ADD, content=b"a", headers={"Content-Type": "multipart/form-data"})
    assert unnamed.status_code == 422 and "not a form of ours" in unnamed.text
    forged = await desk.client.post(ADD, data={"step": "preview"}, files={"file": ("a.csv", b"1", "text/csv")})
    assert forged.status_code == 403, "without the form's token"
