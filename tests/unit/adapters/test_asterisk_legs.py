"""Which of Asterisk's rows are chargeable legs, and how long they lasted."""

from datetime import UTC, datetime

from cli.adapters.outcomes import Finding, Leg, Reason, Weight
from tests.unit.adapters.exports import (
    CARRIER,
    SPARE,
    a_dialled_row,
    a_row,
    an_inbound_row,
    imported,
    records,
    rows_for,
    the_record,
)


def test_a_dialled_trunk_is_one_outbound_leg() -> None:
    record = the_record(imported([a_dialled_row(at="2024-03-05 10:00:00", duration=70, seconds=60)]))
    assert (record.direction, record.other_party, record.user_id) == ("outbound", "+12125550123", "201")
    assert record.started_at == datetime(2024, 3, 5, 15, 0, 0, tzinfo=UTC)
    assert record.answered_at == datetime(2024, 3, 5, 15, 0, 10, tzinfo=UTC)
    assert record.ended_at == datetime(2024, 3, 5, 15, 1, 10, tzinfo=UTC)
    assert (record.billable_duration_ms, record.disposition) == (60_000, "answered")


def test_calls_between_extensions_cost_nothing_and_are_counted() -> None:
    outcomes = imported(
        [a_row(dstchannel="PJSIP/202-00000002", seconds=300), a_dialled_row(uniqueid="1709650800.9")]
    )
    assert rows_for(outcomes, Reason.INTERNAL) == [2]
    assert len(records(outcomes)) == 1


def test_of_a_failover_only_the_answered_attempt_has_seconds() -> None:
    outcomes = imported(
        [
            a_dialled_row(serial="00000002", disposition="FAILED"),
            a_dialled_row(serial="00000003", trunk=SPARE, sequence=2, disposition="BUSY"),
            a_dialled_row(serial="00000004", trunk=SPARE, sequence=3, seconds=45),
        ]
    )
    assert [record.billable_duration_ms for record in records(outcomes)] == [0, 0, 45_000]
    assert [record.disposition for record in records(outcomes)] == ["failed", "busy", "answered"]
    assert rows_for(outcomes, Reason.FAILOVER) == [2, 3]
    assert all(record.linked_call is None for record in records(outcomes))


def test_an_unanswered_last_attempt_is_no_failover() -> None:
    outcomes = imported([a_dialled_row(), a_dialled_row(serial="00000003", sequence=2)])
    assert rows_for(outcomes, Reason.FAILOVER) == [2]


def test_rows_of_one_leg_run_from_first_answer_to_last_end_and_are_not_added_up() -> None:
    # Answered at 10:00:05, put into a queue at 10:00:20, and a third row overlaps the second.
    call = {"uniqueid": "1709650800.1"}
    outcomes = imported(
        [
            an_inbound_row(at="2024-03-05 10:00:00", duration=15, seconds=10, lastapp="ForkCDR", **call),
            an_inbound_row(at="2024-03-05 10:00:20", seconds=40, lastapp="Queue", lastdata="sales,t", **call),
            an_inbound_row(at="2024-03-05 10:00:30", seconds=20, lastapp="AGI", **call),
        ]
    )
    record = the_record(outcomes)
    assert record.billable_duration_ms == 55_000
    assert record.queue_id == "sales"
    (leg,) = [one for one in outcomes if isinstance(one, Leg)]
    assert leg.rows == (2, 3, 4)


def test_billed_seconds_with_no_answer_are_charged_because_a_queue_answered() -> None:
    agent = {"dstchannel": "Local/301@agents-00000001;1", "lastapp": "Queue", "lastdata": "sales,t"}
    record = the_record(imported([an_inbound_row(seconds=12, disposition="NO ANSWER", **agent)]))
    assert (record.billable_duration_ms, record.disposition, record.user_id) == (12_000, "no_answer", None)
    assert record.answered_at is not None


def test_answered_without_a_billed_second_is_unanswered() -> None:
    record = the_record(imported([an_inbound_row(duration=5, billsec=0, disposition="ANSWERED")]))
    assert record.answered_at is None
    assert record.billable_duration_ms == 0


def test_the_user_of_an_inbound_leg_is_the_extension_that_talked_longest() -> None:
    call = {"uniqueid": "1709650800.1", "lastapp": "Queue", "lastdata": "sales,t"}
    rows = [
        an_inbound_row(seconds=5, dstchannel="Local/301@offer-00000001;1", disposition="FAILED", **call),
        an_inbound_row(at="2024-03-05 10:00:10", seconds=20, dstchannel="PJSIP/302-00000004", **call),
        an_inbound_row(at="2024-03-05 10:00:30", seconds=37, dstchannel="Local/303@ring-00000002;1", **call),
    ]
    assert the_record(imported(rows)).user_id == "303"


def test_the_same_channel_name_after_a_restart_is_another_leg() -> None:
    first = an_inbound_row(at="2024-03-05 10:00:00", seconds=5)
    second = an_inbound_row(at="2024-03-06 10:00:00", seconds=7)
    ids = {(record.call_id, record.leg_id) for record in records(imported([first, second]))}
    assert len(ids) == 2
    assert len({leg for _, leg in ids}) == 2


def test_a_conference_row_names_another_partys_trunk_and_dialled_nothing() -> None:
    rows = [
        an_inbound_row(uniqueid="1709650700.1", at="2024-03-05 09:58:20", seconds=500),
        a_row(
            uniqueid="1709650800.2",
            seconds=400,
            lastapp="ConfBridge",
            lastdata=f"PJSIP/6112@{CARRIER}",
            dstchannel=f"PJSIP/{CARRIER}-00000001",
        ),
    ]
    outcomes = imported(rows)
    assert the_record(outcomes).direction == "inbound"
    assert rows_for(outcomes, Reason.CONFERENCE) == [3]


def test_a_conference_row_of_an_own_dialled_trunk_is_named_and_not_added() -> None:
    call = {"uniqueid": "1709650800.1"}
    outcomes = imported(
        [
            a_dialled_row(seconds=26, **call),
            a_row(
                at="2024-03-05 10:00:26",
                seconds=8,
                lastapp="ConfBridge",
                dstchannel=f"PJSIP/{CARRIER}-00000002",
                **call,
            ),
        ]
    )
    assert the_record(outcomes).billable_duration_ms == 26_000
    assert rows_for(outcomes, Reason.OWN_CONFERENCE) == [3]


def test_a_trunk_that_the_dial_string_does_not_dial_is_a_problem_not_a_guess() -> None:
    outcomes = imported([a_dialled_row(lastdata="PJSIP/99901", seconds=3)])
    assert records(outcomes) == []
    assert rows_for(outcomes, Reason.UNDIALLED_TRUNK) == [2]


def test_an_endpoint_used_like_a_carriers_is_named_and_never_taken_for_internal() -> None:
    outcomes = imported(
        [
            a_dialled_row(seconds=3),
            a_row(dstchannel=f"PJSIP/{SPARE}-00000003", lastdata=f"PJSIP/12125550123@{SPARE}", seconds=40),
            an_inbound_row(channel=f"PJSIP/{SPARE}-00000004", uniqueid="1709650800.8", seconds=9),
        ]
    )
    assert rows_for(outcomes, Reason.UNKNOWN_TRUNK) == [3, 4]
    assert len(records(outcomes)) == 1


def test_a_dialled_trunk_that_later_is_the_channel_stays_one_outbound_leg() -> None:
    call = {"uniqueid": "1709650800.1"}
    moved = a_row(
        at="2024-03-05 10:00:30", seconds=30, channel=f"AsyncGoto/PJSIP/{CARRIER}-00000002<ZOMBIE>", **call
    )
    record = the_record(imported([a_dialled_row(seconds=30, **call), moved]))
    assert (record.direction, record.billable_duration_ms) == ("outbound", 60_000)


def test_a_call_forwarded_outside_has_two_legs_linked_and_the_did_owns_both() -> None:
    linked = {"linkedid": "1709650800.1"}
    outside = {"src": "201", "clid": '"" <13105550177>', "channel": "Local/12125550188@out-00000001;2"}
    outcomes = imported(
        [
            an_inbound_row(seconds=60, lastdata="Local/12125550188@out/n", **linked),
            a_dialled_row("12125550188", seconds=50, uniqueid="1709650801.3", **linked, **outside),
        ]
    )
    inbound, outbound = records(outcomes)
    assert outbound.linked_call is not None
    assert (outbound.linked_call.call_id, outbound.linked_call.leg_id) == (inbound.call_id, inbound.leg_id)
    assert (outbound.own_number, outbound.presented_caller_id) == ("+12125550100", "+13105550177")
    assert inbound.linked_call is None


def test_two_outside_parties_of_one_call_are_linked() -> None:
    linked = {"linkedid": "1709650800.1"}
    first, second = records(
        imported(
            [
                a_dialled_row("12125550188", serial="0000000a", seconds=40, **linked),
                a_dialled_row("12125550199", serial="0000000b", seconds=20, at="2024-03-05 10:00:20", **linked),
            ]
        )
    )
    assert first.linked_call is None
    assert second.linked_call is not None
    assert second.linked_call.leg_id == first.leg_id


def test_every_row_has_one_fate() -> None:
    rows = [
        a_dialled_row(seconds=9),
        a_dialled_row("911", uniqueid="1709650800.7"),
        a_row(uniqueid="1709650800.8"),
        "broken",
        an_inbound_row(uniqueid="1709650800.9", seconds=4),
        a_row(uniqueid="1709650800.10", lastapp="ConfBridge", dstchannel=f"PJSIP/{CARRIER}-0000000f"),
    ]
    fates = [
        row
        for one in imported(rows)
        if isinstance(one, Leg) or (isinstance(one, Finding) and one.reason.weight is not Weight.NOTE)
        for row in one.rows
    ]
    assert sorted(fates) == [2, 3, 4, 5, 6, 7]


def test_legs_come_in_the_order_of_their_first_row() -> None:
    rows = [a_dialled_row(at=f"2024-03-05 10:00:{second:02d}") for second in (30, 10, 20)]
    legs = [one for one in imported(rows) if isinstance(one, Leg)]
    assert [leg.rows for leg in legs] == [(2,), (3,), (4,)]
