"""The record of a leg: the same leg is the same event whatever file it came in."""

from dataclasses import replace

import orjson

from cli.adapters.leg_records import record_of
from cli.adapters.outcomes import Leg
from tests.unit.adapters.exports import a_dialled_row, a_row, imported


def a_leg(*rows_before: str) -> Leg:
    """The same leg, after any other rows of a file."""
    outcomes = imported([*rows_before, a_dialled_row(seconds=20)])
    return next(one for one in outcomes if isinstance(one, Leg))


def test_the_same_leg_in_another_file_is_the_same_event() -> None:
    alone, further_down = a_leg(), a_leg(a_row(uniqueid="1709650700.4", at="2024-03-05 09:58:20"))
    assert alone.rows != further_down.rows
    assert record_of(alone, "pbx").value == record_of(further_down, "pbx").value


def test_another_source_and_another_revision_are_other_events() -> None:
    leg = a_leg()
    higher = replace(leg, record=replace(leg.record, revision=2))
    ids = {
        orjson.loads(message.value)["id"]
        for message in (record_of(leg, "pbx"), record_of(leg, "pbx-2"), record_of(higher, "pbx"))
    }
    assert len(ids) == 3


def test_the_key_is_account_and_call_and_the_time_is_the_legs_end() -> None:
    leg = a_leg()
    message = record_of(leg, "pbx")
    event = orjson.loads(message.value)
    assert message.key == f"acme|{leg.record.call_id}".encode()
    assert (event["source"], event["time"]) == ("pbx", event["data"]["ended_at"])


def test_an_event_that_names_its_own_id_keeps_it() -> None:
    leg = replace(a_leg(), event_id="e-1", source="genesys")
    event = orjson.loads(record_of(leg, "pbx").value)
    assert (event["id"], event["source"]) == ("e-1", "genesys")
