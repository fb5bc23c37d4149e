"""The demo's month of calls: repeatable to the byte, inside its month, and shaped like a contact centre's."""

from collections import Counter, defaultdict
from functools import cache

import orjson
import phonenumbers
import pytest
from pydantic import TypeAdapter

from cli.demo.centre import MONTH, MOVED_AT, ZONE, contact_centre, unit_id
from cli.demo.desks import ALPINA, CUSTOMER_CARE
from cli.demo.month import Month, month_of_calls
from cli.demo.records import call_record, directory_records, usage_record
from contracts.events.call import CALL_RECORDED, CallDetailRecord
from contracts.events.envelope import HEAD
from contracts.events.refusals import refusal_of
from contracts.events.usage import USAGE_RECORDED
from contracts.topics import DIRECTORY
from contracts.values.calendar import local_day
from contracts.values.phone import WITHHELD, is_e164

SAMPLE = 4_000


@cache
def a_month(seed: int = 1, calls: int = SAMPLE) -> Month:
    return month_of_calls(centre=contact_centre(), seed=seed, calls=calls)


@cache
def legs() -> tuple[CallDetailRecord, ...]:
    return tuple(told.call for told in a_month().records if told.call.revision == 1)


def played(seed: int, calls: int) -> list[bytes]:
    month = month_of_calls(centre=contact_centre(), seed=seed, calls=calls)
    return [call_record(told).value for told in month.records]


def test_the_same_seed_gives_the_same_bytes() -> None:
    assert played(7, 500) == played(7, 500)


def test_another_seed_gives_other_calls_and_no_id_twice() -> None:
    one, other = ({orjson.loads(value)["id"] for value in played(seed, 500)} for seed in (7, 8))
    assert not one & other


def test_a_longer_month_repeats_the_shorter_one_and_adds_to_it() -> None:
    assert set(played(7, 400)) < set(played(7, 500))


def test_every_call_record_is_one_its_consumers_accept() -> None:
    adapter = TypeAdapter(CALL_RECORDED.data)
    ids = set()
    for told in a_month().records:
        record = call_record(told)
        document = orjson.loads(record.value)
        head = HEAD.validate_json(record.value)
        assert head.type == CALL_RECORDED.name
        assert adapter.validate_json(orjson.dumps(document["data"])) == told.call
        assert record.key == f"demo|{told.call.call_id}".encode()
        ids.add(head.id)
    assert len(ids) == len(a_month().records)


def test_every_directory_record_is_one_its_consumers_accept() -> None:
    adapters = {kind.name: TypeAdapter(kind.data) for kind in DIRECTORY.events}
    records = list(directory_records(contact_centre()))
    ids = set()
    for record in records:
        head = HEAD.validate_json(record.value)
        adapters[head.type].validate_json(orjson.dumps(orjson.loads(record.value)["data"]))
        ids.add(head.id)
    assert len(ids) == len(records)
    assert {orjson.loads(record.value)["type"] for record in records} == set(adapters)


def test_no_call_is_a_use_of_another_month_and_none_ends_before_it_begins() -> None:
    for told in a_month().records:
        call = told.call
        assert local_day(call.started_at, ZONE) in MONTH
        assert local_day(call.ended_at, ZONE) in MONTH
        assert call.started_at <= (call.answered_at or call.started_at) <= call.ended_at


@pytest.mark.parametrize("side", ["own_number", "other_party"])
def test_every_number_on_a_call_can_exist(side: str) -> None:
    numbers = {getattr(call, side) for call in legs()} - {None, WITHHELD}
    assert len(numbers) >= 50
    for number in numbers:
        assert is_e164(number)
        assert phonenumbers.is_valid_number(phonenumbers.parse(number)), number


def test_about_a_quarter_of_the_calls_is_not_answered() -> None:
    unanswered = sum(call.answered_at is None for call in legs())
    assert 0.20 < unanswered / len(legs()) < 0.30
    assert all((call.disposition == "answered") == (call.answered_at is not None) for call in legs())


def test_days_and_hours_have_the_shape_of_a_working_week() -> None:
    days = Counter(call.started_at.astimezone(ZONE).weekday() for call in legs())
    hours = Counter(call.started_at.astimezone(ZONE).hour for call in legs())
    assert min(days[day] for day in range(5)) > 2 * days[5] > 4 * days[6] > 0
    assert hours[10] > hours[12] < hours[14]
    assert 0 < hours[3] < hours[10] / 20


def test_every_channel_and_every_special_case_occurs() -> None:
    channels = Counter(call.channel for call in legs())
    assert set(channels) == {"inbound", "manual", "click_to_call", "dialer", "queue_callback"}
    assert all((call.channel == "inbound") == (call.direction == "inbound") for call in legs())
    assert any(call.other_party == WITHHELD for call in legs())
    assert any(call.unit_override for call in legs())
    assert any(call.own_number is None for call in legs())
    assert any(call.billable_duration_ms for call in legs())


def test_outbound_calls_always_have_a_number_to_price() -> None:
    assert all(is_e164(call.other_party) for call in legs() if call.direction == "outbound")


def test_transferred_legs_name_the_leg_they_come_from() -> None:
    known = {(call.call_id, call.leg_id) for call in legs()}
    transferred = [call.linked_call for call in legs() if call.linked_call is not None]
    assert transferred
    assert all((link.call_id, link.leg_id) in known for link in transferred)


def test_three_calls_are_corrected_one_withdrawn_and_one_correction_comes_first() -> None:
    order = defaultdict[tuple[str, str], list[CallDetailRecord]](list)
    for told in a_month().records:
        order[told.call.call_id, told.call.leg_id].append(told.call)
    changed = [tuple(call.revision for call in records) for records in order.values() if len(records) > 1]
    assert sorted(changed) == [(1, 2), (1, 2), (1, 2), (2, 1)]
    voided = [records for records in order.values() if records[-1].voided]
    assert len(voided) == 1
    assert a_month().live_legs == len(order) - 1


def test_calls_of_the_moved_number_go_to_the_team_that_has_it() -> None:
    centre = contact_centre()
    teams = {staff.team_id: staff.desk.unit for staff in centre.staff}
    calls = [call for call in legs() if call.own_number == centre.moved_number]
    units = {(call.started_at < MOVED_AT, teams[call.team_id or ""]) for call in calls}
    assert units == {(True, CUSTOMER_CARE), (False, ALPINA)}
    assert unit_id(CUSTOMER_CARE) != unit_id(ALPINA)


def test_what_comes_with_calls_is_accepted_and_names_legs_that_are_not_withdrawn() -> None:
    adapter = TypeAdapter(USAGE_RECORDED.data)
    withdrawn = {(told.call.call_id, told.call.leg_id) for told in a_month().records if told.call.voided}
    known = {(call.call_id, call.leg_id) for call in legs()} - withdrawn
    for told in a_month().uses:
        data = orjson.dumps(orjson.loads(usage_record(told).value)["data"])
        assert adapter.validate_json(data) == told.use
        assert refusal_of(told.use) is None
        assert local_day(told.told_at, ZONE) in MONTH
        assert told.use.kind == "message" or (told.use.call_id, told.use.leg_id) in known
    kinds = Counter(told.use.kind for told in a_month().uses)
    assert min(kinds[kind] for kind in ("recording", "detection", "message")) > 20


def test_what_comes_with_a_longer_month_repeats_what_comes_with_the_shorter() -> None:
    short, long = (
        {told.use.usage_key for told in month_of_calls(centre=contact_centre(), seed=7, calls=calls).uses}
        for calls in (300, 500)
    )
    assert short < long
