"""Voiso: records of a page by a mapping of their fields; what the mapping does not say is listed, not guessed."""

import re
from pathlib import Path
from typing import Any

import pytest

from cli.adapters.outcomes import FileRefused, Finding
from cli.adapters.source_profile import read_source_profile
from cli.adapters.voiso.mapping import DEFAULT, read_mapping
from tests.unit.adapters.exports import records, the_record
from tests.unit.adapters.imports import at, event_ids, imported, reasons, summed


def a_record(**given: Any) -> dict[str, Any]:
    """An answered outbound call of 31.333 s, 20.5 of them talked; None leaves a field out."""
    record = {
        "uuid": "07771c38",
        "agent_extension": "111",
        "start_time": 1709650800.5,
        "end_time": 1709650831.833,
        "type": "outbound",
        "duration": 31.333,
        "talk_time": 20.5,
        "disposition": "answered",
        "ani": "442079460000",
        "dnis": "18885658889",
    }
    return {name: value for name, value in (record | given).items() if value is not None}


def a_page(*found: dict[str, Any]) -> dict[str, Any]:
    return {"records": list(found) or [a_record()], "total": len(found), "search_token": None}


def a_mapping(folder: Path, *changes: tuple[str, str]) -> Path:
    """The mapping that is shipped with some of its text changed."""
    text = DEFAULT.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    file = folder / "mapping.toml"
    file.write_text(text)
    return file


def test_an_outbound_call_is_billed_for_what_follows_the_answer() -> None:
    record = the_record(imported("voiso", a_page()))
    assert (record.direction, record.channel, record.user_id) == ("outbound", "manual", "111")
    assert (record.other_party, record.own_number) == ("+18885658889", "+442079460000")
    assert (record.started_at, record.ended_at) == (at("2024-03-05T15:00:00.5Z"), at("2024-03-05T15:00:31.833Z"))
    assert (record.answered_at, record.billable_duration_ms) == (at("2024-03-05T15:00:11.333Z"), 20_500)


def test_an_inbound_call_is_billed_from_start_to_end() -> None:
    record = the_record(imported("voiso", a_page(a_record(type="inbound", talk_time=None))))
    assert (record.other_party, record.own_number) == ("+442079460000", "+18885658889")
    assert (record.answered_at, record.billable_duration_ms) == (record.started_at, 31_333)


@pytest.mark.parametrize(
    ("kind", "channel"),
    [("dialer", "dialer"), ("click_to_call", "click_to_call"), ("queue_callback", "queue_callback")],
)
def test_types_are_channels(kind: str, channel: str) -> None:
    record = the_record(imported("voiso", a_page(a_record(type=kind))))
    assert (record.direction, record.channel) == ("outbound", channel)


@pytest.mark.parametrize("disposition", ["answered", "answered_by_VM", "machine_answered", "dialer_abandoned"])
def test_dispositions_of_an_answered_line(disposition: str) -> None:
    assert the_record(imported("voiso", a_page(a_record(disposition=disposition)))).answered_at is not None


@pytest.mark.parametrize(
    "disposition",
    ["failed", "busy", "no_answer", "rejected", "abandoned", "missed", "system_abandoned", "system_reject"],
)
def test_dispositions_of_a_line_that_costs_nothing(disposition: str) -> None:
    record = the_record(imported("voiso", a_page(a_record(disposition=disposition, talk_time=None))))
    assert (record.answered_at, record.billable_duration_ms) == (None, None)


@pytest.mark.parametrize(
    ("given", "reason", "detail"),
    [
        ({"type": "outbound_sms", "disposition": "sent"}, "message", "outbound_sms"),
        ({"type": "whatsapp", "disposition": "delivered"}, "message", "whatsapp"),
        ({"type": "HLR_lookup"}, "not_a_call", "HLR_lookup"),
        ({"type": "telex"}, "unknown_kind", "type telex"),
        ({"disposition": "perplexed"}, "unknown_kind", "disposition perplexed"),
        ({"disposition": "active"}, "still_open", "active"),
        ({"dnis": "911"}, "dialled_number", "dnis 911"),
        ({"talk_time": None}, "unreadable_row", "talk_time is missing, though the call was answered"),
        ({"start_time": "soon"}, "unreadable_row", "start_time is not a number of at most 18 digits"),
        ({"end_time": None}, "unreadable_row", "end_time is missing"),
        ({"end_time": 1}, "invalid_record", "ended_at: an instant lies in the years 2000"),
    ],
)
def test_what_is_not_published_and_why(given: dict[str, Any], reason: str, detail: str) -> None:
    found = imported("voiso", a_page(a_record(**given)))
    assert reasons(found) == [((1,), reason)]
    (finding,) = found
    assert isinstance(finding, Finding)
    assert finding.detail.startswith(detail)


def test_an_import_again_is_the_same_events_and_an_update_a_higher_revision() -> None:
    first, second = (imported("voiso", a_page()) for _ in range(2))
    assert event_ids(first) == event_ids(second) != []
    assert the_record(first).revision == 1
    versions = [a_record(updated_at=1709650900 + later, talk_time=20 + later) for later in (0, 1)]
    found = imported("voiso", a_page(*versions))
    assert the_record(found).billable_duration_ms == 21_000
    assert the_record(found).revision > the_record(imported("voiso", a_page(versions[0]))).revision
    assert summed(found).rows == 2


def test_a_mapping_can_be_adjusted(tmp_path: Path) -> None:
    file = a_mapping(
        tmp_path,
        ('"duration"          # from', '"spent.total"     # from'),
        ('"epoch"             #', '"local"             #'),
        ('"seconds"          #', '"clock"          #'),
        ('"ani"', '"from"'),
    )
    page = a_page(
        a_record(
            type="inbound",
            start_time="2024-03-05 10:00:00",
            end_time="2024-03-05 10:01:05",
            spent={"total": "00:01:05"},
        )
        | {"from": "2079460000"}
    )
    record = the_record(imported("voiso", page, mapping=file, timezone="America/New_York", region="GB"))
    assert (record.billable_duration_ms, record.other_party) == (65_000, "+442079460000")
    assert record.started_at == at("2024-03-05T15:00:00Z")
    with pytest.raises(FileRefused, match="times are local: give --timezone"):
        imported("voiso", page, mapping=file)
    with pytest.raises(FileRefused, match="times are instants: leave out --timezone"):
        imported("voiso", page, timezone="UTC")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (('call_id = "uuid"', 'call = "uuid"'), "fields.call_id: Field required"),
        (("[kinds]", "[kindes]"), "kinds: Field required"),
        (('to = "dnis"', 'to = "dnis"\nthere = "x"'), "fields.there: Unexpected keyword argument"),
        (('channel = "dialer"', 'channel = "pigeon"'), "types.dialer.channel: Input should be 'manual'"),
        (('open = ["waiting"', 'open = ["answered"'), "answered is given two meanings"),
        (('talk = "talk_time"', ""), "a type is billed by 'talk', but fields.talk is not said"),
        (("[fields]", "[fields"), "is not TOML"),
    ],
)
def test_a_wrong_mapping_is_refused_with_the_place(tmp_path: Path, change: tuple[str, str], sentence: str) -> None:
    with pytest.raises(FileRefused, match=re.escape(sentence)):
        read_mapping(a_mapping(tmp_path, change))


def test_a_source_profile_names_a_mapping_beside_it(tmp_path: Path) -> None:
    profile = tmp_path / "voiso.toml"
    profile.write_text('format = "voiso"\nmapping = "mapping.toml"\n')
    assert read_source_profile(profile).mapping == tmp_path / "mapping.toml"
    with pytest.raises(FileRefused, match=r"mapping\.toml cannot be read: No such file"):
        read_mapping(read_source_profile(profile).mapping)


def test_records_of_both_directions_in_one_page() -> None:
    page = a_page(a_record(), a_record(uuid="b", type="inbound"), a_record(uuid="c", type="whatsapp"))
    found = imported("voiso", page)
    assert [record.call_id for record in records(found)] == ["07771c38", "b"]
    assert summed(found).rows == 3


def test_the_seconds_of_legs_whose_number_is_none_are_counted() -> None:
    page = a_page(a_record(dnis="911"), a_record(uuid="b", dnis="911", disposition="busy"))
    sums = summed(imported("voiso", page))
    assert (sums.legs["outbound"].found, sums.legs["outbound"].billed_ms) == (2, 20_000)
