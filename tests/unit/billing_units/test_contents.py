"""What is the same content: an account told before its model was a field, and by who spells the usual one out."""

from typing import Any

import orjson

from chassis.intake.events import EventReader
from contracts.topics import DIRECTORY
from services.billing_units.handlers.entries import content_of
from tests.support.allocating import message_of
from tests.support.directory import a_user, an_account
from tests.support.records import a_record

READER = EventReader(DIRECTORY.events, max_bytes=100_000)


def content(entry: Any, *, without: str = "", **changed: Any) -> tuple[bytes, bytes]:
    """The hash that counts, and that of the record as it came."""
    document = orjson.loads(message_of(entry))
    document["data"] = {name: value for name, value in document["data"].items() if name != without} | changed
    event = READER.read(a_record(orjson.dumps(document)))
    return content_of(event), event.content_hash


def test_the_usual_model_spelled_out_is_the_same_content_and_another_is_not() -> None:
    before, as_it_came = content(an_account(), without="access")
    assert before == as_it_came, "what was recorded before the field came stays comparable"
    assert content(an_account(), access="access_groups")[0] == before
    assert content(an_account(), access="basic_roles")[0] != before
    assert content(an_account(), name="Other")[0] != before
    assert content(an_account(), without="access", unknown=1)[0] != before


def test_other_statements_count_as_they_came() -> None:
    counted, as_it_came = content(a_user(), access="access_groups")
    assert counted == as_it_came != content(a_user())[0]
