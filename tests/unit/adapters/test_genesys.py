"""Genesys Cloud: the customer's line is charged, open conversations wait, later versions are revisions."""

from pathlib import Path
from typing import Any

from cli.adapters.outcomes import Finding
from tests.unit.adapters.exports import records, the_record
from tests.unit.adapters.imports import at, event_ids, imported, imported_file, reasons, summed

CUSTOMER, COLLEAGUE = "+12125550123", "+13105550177"


def a_segment(kind: str, start: str, end: str, **given: Any) -> dict[str, Any]:
    """A segment between two times of the minute 10:00."""
    return {
        "segmentType": kind,
        "segmentStart": f"2024-03-05T10:{start}Z",
        "segmentEnd": f"2024-03-05T10:{end}Z",
    } | given


def a_session(*segments: dict[str, Any], **given: Any) -> dict[str, Any]:
    """A voice session; an inbound one of the customer unless given otherwise."""
    session = {
        "sessionId": "s-1",
        "mediaType": "voice",
        "direction": "inbound",
        "ani": f"tel:{CUSTOMER}",
        "dnis": "tel:+12125550100",
        "segments": list(segments)
        or [a_segment("system", "00:00", "00:01"), a_segment("interact", "00:01", "01:01")],
        "metrics": [],
    }
    return session | given


def a_participant(*sessions: dict[str, Any], purpose: str = "customer", **given: Any) -> dict[str, Any]:
    return {"purpose": purpose, "sessions": list(sessions)} | given


def a_conversation(*participants: dict[str, Any], **given: Any) -> dict[str, Any]:
    conversation = {
        "conversationId": "c-1",
        "conversationStart": "2024-03-05T10:00:00.000Z",
        "conversationEnd": "2024-03-05T10:01:10.000Z",
        "participants": list(participants) or [a_participant(a_session())],
    }
    return conversation | given


def test_a_real_conversation_charges_the_customers_line_and_names_the_agent_who_talked(real_data: Path) -> None:
    found = imported_file("genesys", real_data / "cdrs/genesys-cloud-conversation.json")
    record = the_record(found)
    assert (record.direction, record.channel) == ("inbound", "inbound")
    assert (record.other_party, record.own_number) == ("+5551999990000", "+559830200000")
    assert record.answered_at == at("2024-04-29T17:30:43.320Z")
    assert (record.ended_at, record.billable_duration_ms) == (at("2024-04-29T17:38:14.971Z"), 451_651)
    # The first agent was alerted and has 57 s of handle time, but never talked.
    assert record.user_id == "2eb54224-120e-47b0-aab1-8c2daeac20d9"
    assert record.queue_id == "39988345-a7c5-4ce5-851e-334cb54efc79"
    assert record.revision == 454_885
    assert summed(found).rows == 1


def test_a_real_open_conversation_waits(real_data: Path) -> None:
    found = imported_file("genesys", real_data / "cdrs/genesys-cloud-open-conversation.json")
    assert reasons(found) == [((1,), "still_open")]
    assert summed(found).rows == 1


def test_an_import_again_is_the_same_events() -> None:
    first, second = (imported("genesys", {"conversations": [a_conversation()]}) for _ in range(2))
    assert event_ids(first) == event_ids(second) != []


def test_without_the_metric_the_line_is_open_from_the_first_interaction() -> None:
    record = the_record(imported("genesys", a_conversation()))
    assert (record.answered_at, record.billable_duration_ms) == (at("2024-03-05T10:00:01Z"), None)


def test_a_line_that_was_never_connected_is_not_answered() -> None:
    metric = {"name": "tConnected", "value": 0, "emitDate": "2024-03-05T10:00:20Z"}
    dialled = a_session(a_segment("dialing", "00:00", "00:20"), direction="outbound", dnis="tel:+13105550177")
    assert the_record(imported("genesys", a_conversation(a_participant(dialled)))).answered_at is None
    dialled["metrics"] = [metric]
    assert the_record(imported("genesys", a_conversation(a_participant(dialled)))).answered_at is None


def test_a_later_version_is_a_higher_revision_and_of_one_file_only_it_counts() -> None:
    wrapup = a_session(a_segment("wrapup", "01:01", "03:00"), sessionId="s-9")
    later = a_conversation(a_participant(a_session()), a_participant(wrapup, purpose="agent", userId="u-1"))
    alone = the_record(imported("genesys", a_conversation()))
    found = imported("genesys", {"conversations": [a_conversation(), later, a_conversation()]})
    assert the_record(found).revision > alone.revision
    assert (the_record(found).call_id, the_record(found).leg_id) == (alone.call_id, alone.leg_id)
    assert reasons(found) == [((1,), "superseded"), ((3,), "superseded")]
    assert summed(found).legs["inbound"].found == 1


def test_a_repeated_version_counts_once_and_one_that_differs_alike_stays_a_conflict() -> None:
    other = a_conversation(a_participant(a_session(ani="tel:+13105550177")))
    found = imported("genesys", [a_conversation(), a_conversation(), other])
    assert reasons(found) == [((2,), "superseded")]
    assert [record.other_party for record in records(found)] == [CUSTOMER, COLLEAGUE]


def test_an_outside_party_who_was_called_in_is_a_leg_linked_to_the_customers() -> None:
    outside = a_session(sessionId="s-2", direction="outbound", ani="tel:+12125550100", dnis=f"tel:{COLLEAGUE}")
    found = imported(
        "genesys", a_conversation(a_participant(a_session()), a_participant(outside, purpose="external"))
    )
    first, second = records(found)
    assert first.linked_call is None
    assert second.linked_call is not None
    assert (second.linked_call.call_id, second.linked_call.leg_id) == ("c-1", "s-1")
    assert (second.direction, second.other_party, second.own_number) == ("outbound", COLLEAGUE, "+12125550100")
    assert summed(found).rows == 1


def test_what_began_an_outbound_call_is_its_channel() -> None:
    def channel(**given: Any) -> str:
        dialled = a_session(direction="outbound", ani="tel:+12125550100", dnis=f"tel:{CUSTOMER}", **given)
        return the_record(imported("genesys", a_conversation(a_participant(dialled), *others))).channel

    others: list[dict[str, Any]] = []
    assert channel() == "manual"
    assert channel(outboundCampaignId="k-1") == "dialer"
    others = [a_participant({"mediaType": "callback", "sessionId": "s-2"}, purpose="acd")]
    assert channel() == "queue_callback"


def test_messages_and_calls_between_agents_are_listed_by_reason() -> None:
    chat = a_conversation(a_participant(a_session(mediaType="chat")))
    inside = a_conversation(a_participant(a_session(), purpose="agent", userId="u-1"))
    assert reasons(imported("genesys", [chat, inside])) == [((1,), "message"), ((2,), "internal")]


def test_numbers_that_are_none() -> None:
    withheld = a_conversation(a_participant(a_session(ani="sip:anonymous@anonymous.invalid")))
    assert the_record(imported("genesys", withheld)).other_party == "withheld"
    in_sip = a_conversation(a_participant(a_session(ani=f"sip:{CUSTOMER}@carrier.example;user=phone")))
    assert the_record(imported("genesys", in_sip)).other_party == CUSTOMER
    short = a_conversation(a_participant(a_session(direction="outbound", dnis="tel:911")))
    (finding,) = imported("genesys", short)
    assert isinstance(finding, Finding)
    assert (finding.reason.key, finding.direction, finding.billed_s) == ("dialled_number", "outbound", 60)
    unknown = imported("genesys", a_conversation(a_participant(a_session(ani="sip:desk@host", dnis="tel:1001"))))
    assert reasons(unknown) == [((1,), "caller_number"), ((1,), "no_own_number")]


def test_a_record_that_cannot_be_read_names_the_field() -> None:
    malformed = a_conversation(a_participant(a_session(a_segment("interact", "00:01", "1:01"))))
    nameless = a_conversation(conversationId=None)
    turned = a_conversation(a_participant(a_session(direction="sideways")))
    unended = a_conversation(
        a_participant(a_session(a_segment("interact", "00:01", "01:01") | {"segmentEnd": None}))
    )
    found = imported("genesys", [malformed, nameless, turned, unended, "x"])
    assert [one.detail for one in found if isinstance(one, Finding)] == [
        "segmentEnd is not an instant like 2024-04-29T17:30:43Z",
        "conversationId is missing",
        "direction is neither inbound nor outbound",
        "a customer's session has no end",
        "not a JSON object",
    ]
