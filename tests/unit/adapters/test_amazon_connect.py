"""Amazon Connect: the latest version wins, transfers are linked, and no second of a line is paid twice."""

from pathlib import Path
from typing import Any

import pytest

from contracts.events.call import LinkedCall
from tests.unit.adapters.exports import records, the_record
from tests.unit.adapters.imports import at, event_ids, imported, imported_file, reasons, summed

CUSTOMER, CENTRE, OUTSIDE = "+12125550123", "+12125550100", "+13105550177"


def a_number(number: str | None) -> dict[str, str] | None:
    return None if number is None else {"Address": number, "Type": "TELEPHONE_NUMBER"}


def a_contact(
    contact_id: str = "a", start: str = "10:00", end: str | None = "10:05", **given: Any
) -> dict[str, Any]:
    """An inbound contact of 5 March; times are hours and minutes."""
    contact = {
        "ContactId": contact_id,
        "Channel": "VOICE",
        "InitiationMethod": "INBOUND",
        "InitiationTimestamp": f"2024-03-05T{start}:00Z",
        "ConnectedToSystemTimestamp": f"2024-03-05T{start}:00Z",
        "DisconnectTimestamp": None if end is None else f"2024-03-05T{end}:00Z",
        "LastUpdateTimestamp": "2024-03-05T11:00:00Z",
        "DisconnectReason": "CUSTOMER_DISCONNECT",
        "CustomerEndpoint": a_number(CUSTOMER),
        "SystemEndpoint": a_number(CENTRE),
    }
    return contact | given


def a_transfer(contact_id: str, previous: str | None, start: str, end: str, **given: Any) -> dict[str, Any]:
    """A contact made out of another."""
    return a_contact(
        contact_id,
        start,
        end,
        **{
            "InitiationMethod": "TRANSFER",
            "InitialContactId": "a",
            "PreviousContactId": previous,
            "ConnectedToSystemTimestamp": None,
            **given,
        },
    )


def test_a_real_contact(real_data: Path) -> None:
    found = imported_file("amazon-connect", real_data / "cdrs/amazon-connect-contact-record.json")
    record = the_record(found)
    assert (record.direction, record.other_party, record.own_number) == ("inbound", "+17208400000", "+14065000000")
    assert (record.answered_at, record.ended_at) == (at("2022-04-08T14:59:38Z"), at("2022-04-08T15:01:22Z"))
    assert record.user_id == "57db30ae-8c01-44e6-abd5-80b7b51944cf"
    assert record.queue_id == "c677a7a5-1d56-4ce3-a890-79fc53f7fe3f"
    assert (record.linked_call, record.disposition) == (None, "customer_disconnect")
    assert summed(found).legs["inbound"].billed_ms == 104_000


def test_the_latest_update_wins_in_one_file_and_between_files() -> None:
    later = a_contact(end="10:07", LastUpdateTimestamp="2024-03-05T11:00:01Z")
    old, new = the_record(imported("amazon-connect", a_contact())), the_record(imported("amazon-connect", later))
    assert new.revision == old.revision + 1
    for content in ([a_contact(), later], [later, a_contact()]):
        found = imported("amazon-connect", content)
        assert the_record(found) == new
        assert [reason for _, reason in reasons(found)] == ["superseded"]
        assert summed(found).rows == 2


def test_an_import_again_is_the_same_events() -> None:
    first, second = (imported("amazon-connect", [a_contact()]) for _ in range(2))
    assert event_ids(first) == event_ids(second) != []


def test_a_transfer_pays_the_line_from_where_the_contact_before_it_ended() -> None:
    chain = [a_contact(end="10:05"), a_transfer("b", "a", "10:04", "10:09"), a_transfer("c", "b", "10:09", "10:10")]
    found = imported("amazon-connect", chain)
    first, second, third = records(found)
    assert {leg.call_id for leg in (first, second, third)} == {"a"}
    assert (second.answered_at, third.answered_at) == (at("2024-03-05T10:05:00Z"), at("2024-03-05T10:09:00Z"))
    assert second.linked_call == LinkedCall(call_id="a", leg_id="a")
    assert third.linked_call == LinkedCall(call_id="a", leg_id="b")
    assert (second.direction, second.other_party) == ("inbound", CUSTOMER)
    assert summed(found).legs["inbound"].billed_ms == 600_000


def test_a_later_version_of_the_contact_before_is_a_later_version_of_the_transfer_it_moves() -> None:
    transfer = a_transfer("b", "a", "10:04", "10:09")
    moved = a_contact(end="10:06", LastUpdateTimestamp="2024-03-05T12:00:00Z")
    (_, before), (_, after) = (records(imported("amazon-connect", [one, transfer])) for one in (a_contact(), moved))
    assert (before.answered_at, after.answered_at) == (at("2024-03-05T10:05:00Z"), at("2024-03-05T10:06:00Z"))
    assert after.revision > before.revision


def test_a_transfer_is_linked_by_the_next_contact_too() -> None:
    chain = [a_contact(end="10:05", NextContactId="b"), a_transfer("b", None, "10:05", "10:09")]
    assert records(imported("amazon-connect", chain))[1].linked_call == LinkedCall(call_id="a", leg_id="a")


def test_a_transfer_of_a_line_that_was_never_answered_is_not_answered() -> None:
    dialled = a_contact(InitiationMethod="OUTBOUND", ConnectedToSystemTimestamp=None)
    found = imported("amazon-connect", [dialled, a_transfer("b", "a", "10:05", "10:09")])
    assert [leg.answered_at for leg in records(found)] == [None, None]


def test_a_consultation_costs_nothing() -> None:
    found = imported("amazon-connect", [a_contact(end="10:05"), a_transfer("b", "a", "10:02", "10:04")])
    assert reasons(found) == [((2,), "internal")]
    assert summed(found).legs["inbound"].billed_ms == 300_000


def test_a_third_party_who_was_dialled_is_a_leg_of_its_own() -> None:
    asked = a_transfer(
        "b",
        "a",
        "10:02",
        "10:04",
        CustomerEndpoint=a_number(OUTSIDE),
        ConnectedToSystemTimestamp="2024-03-05T10:03:00Z",
    )
    _, leg = records(imported("amazon-connect", [a_contact(), asked]))
    assert (leg.direction, leg.other_party, leg.answered_at) == ("outbound", OUTSIDE, at("2024-03-05T10:03:00Z"))


def test_a_contact_handed_over_to_a_number_outside_pays_two_legs() -> None:
    handed: dict[str, Any] = {
        "TransferredToEndpoint": a_number(OUTSIDE),
        "TransferCompletedTimestamp": "2024-03-05T10:02:00Z",
    }
    found = imported("amazon-connect", a_contact(**handed))
    first, second = records(found)
    assert (second.other_party, second.leg_id) == (OUTSIDE, "a:transfer")
    assert second.linked_call == LinkedCall(call_id="a", leg_id=first.leg_id)
    sums = summed(found)
    assert (sums.legs["inbound"].billed_ms, sums.legs["outbound"].billed_ms, sums.rows) == (300_000, 180_000, 1)


def test_what_goes_on_from_a_contact_that_is_not_there_is_not_guessed() -> None:
    found = imported(
        "amazon-connect", [a_transfer("b", "a", "10:05", "10:09"), a_transfer("c", "b", "10:09", "10:10")]
    )
    assert reasons(found) == [((1,), "goes_on"), ((2,), "goes_on")]


def test_contacts_that_name_each_other_end() -> None:
    found = imported(
        "amazon-connect", [a_transfer("b", "c", "10:05", "10:09"), a_transfer("c", "b", "10:09", "10:10")]
    )
    assert reasons(found) == [((1,), "goes_on"), ((2,), "goes_on")]


@pytest.mark.parametrize(
    ("given", "channel"),
    [
        ({"InitiationMethod": "OUTBOUND"}, "manual"),
        ({"InitiationMethod": "EXTERNAL_OUTBOUND"}, "manual"),
        ({"InitiationMethod": "API"}, "click_to_call"),
        ({"InitiationMethod": "API", "Campaign": {"CampaignId": "k-1"}}, "dialer"),
        ({"InitiationMethod": "CALLBACK"}, "queue_callback"),
    ],
)
def test_what_began_an_outbound_call_is_its_channel(given: dict[str, Any], channel: str) -> None:
    record = the_record(imported("amazon-connect", a_contact(**given)))
    assert (record.direction, record.channel, record.presented_caller_id) == ("outbound", channel, CENTRE)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"DisconnectTimestamp": None}, "still_open"),
        ({"Channel": "CHAT"}, "message"),
        ({"Channel": "TASK"}, "not_a_call"),
        ({"InitiationMethod": "MONITOR"}, "internal"),
        ({"InitiationMethod": "TELEPATHY"}, "unknown_kind"),
        ({"InitiationMethod": "OUTBOUND", "CustomerEndpoint": a_number("911")}, "dialled_number"),
        ({"LastUpdateTimestamp": None}, "unreadable_row"),
        ({"CustomerEndpoint": "x"}, "unreadable_row"),
        ({"DisconnectTimestamp": "2024-03-05T09:00:00Z"}, "invalid_record"),
    ],
)
def test_what_is_not_published_and_why(given: dict[str, Any], reason: str) -> None:
    assert reasons(imported("amazon-connect", a_contact(**given))) == [((1,), reason)]


def test_a_caller_without_a_number_is_withheld() -> None:
    found = imported("amazon-connect", a_contact(CustomerEndpoint=None, SystemEndpoint=None))
    assert the_record(found).other_party == "withheld"
    assert reasons(found) == [((1,), "no_own_number")]


def test_the_seconds_of_legs_whose_number_is_none_are_counted() -> None:
    handed: dict[str, Any] = {
        "TransferredToEndpoint": a_number("911"),
        "TransferCompletedTimestamp": "2024-03-05T10:02:00Z",
    }
    dialled = a_contact("b", InitiationMethod="OUTBOUND", CustomerEndpoint=a_number("911"))
    sums = summed(imported("amazon-connect", [a_contact(**handed), dialled]))
    assert (sums.legs["outbound"].found, sums.legs["outbound"].publishable) == (2, 0)
    assert sums.legs["outbound"].billed_ms == 480_000
