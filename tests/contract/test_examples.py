"""Every example holds against its schema and its dataclass, survives writing, and tells one story."""

import json
from decimal import Decimal
from hashlib import sha256
from itertools import pairwise

import pytest
from jsonschema import Draft202012Validator

from contracts.events.envelope import HEAD, encode
from contracts.generate.schemas import event_types
from contracts.values.money import round_amount
from tests.contract.examples import data_of, example, schema

NAMES = sorted(event_types())
CALL = "ringledger.call-recorded.v1"
RATED = "ringledger.usage-rated.v1"
CHARGE = "ringledger.charge-allocated.v1"
COST = "ringledger.unit-cost-recorded.v1"
REPORT = "ringledger.unit-report-made.v1"


@pytest.mark.parametrize("name", NAMES)
def test_schema_accepts_its_example_and_refuses_a_hollow_one(name: str) -> None:
    Draft202012Validator.check_schema(schema(name))
    validator = Draft202012Validator(schema(name))
    validator.validate(example(name))
    assert not validator.is_valid(example(name) | {"data": {}})
    assert not validator.is_valid(example(name) | {"type": "ringledger.other.v1"})


@pytest.mark.parametrize("name", NAMES)
def test_example_round_trips_through_its_dataclass(name: str) -> None:
    event = example(name)
    head = HEAD.validate_json(json.dumps(event))
    written = encode(
        kind=event_types()[name], event_id=head.id, source=head.source, time=head.time, data=data_of(name)
    )
    assert json.loads(written) == event


@pytest.mark.parametrize("name", NAMES)
def test_a_producer_cannot_send_another_dataclass_under_the_name(name: str) -> None:
    head = HEAD.validate_json(json.dumps(example(name)))
    with pytest.raises(TypeError, match="carries"):
        encode(kind=event_types()[name], event_id=head.id, source=head.source, time=head.time, data=head)


def test_call_rated_usage_charge_and_unit_cost_are_the_same_call() -> None:
    rated, charge, cost = data_of(RATED), data_of(CHARGE), data_of(COST)
    call = data_of(CALL)
    assert (call.account_id, call.call_id, call.leg_id) == (rated.account_id, rated.call_id, rated.leg_id)
    assert (rated.occurred_at, rated.billed_at) == (call.answered_at, call.ended_at)
    for before, after in pairwise((rated, charge, cost)):
        for field in ("usage_id", "amount", "calls", "duration_ms", "billed_s", "use_on", "booked_period"):
            assert getattr(before, field) == getattr(after, field), field
    assert charge.rated_usage_id == rated.rated_usage_id
    assert (cost.charge_id, cost.unit_id) == (charge.charge_id, charge.unit_id)
    assert charge.unit_id == data_of("ringledger.assignment-fact.v1").unit_id


def test_the_amount_follows_from_the_certificate() -> None:
    rated = data_of(RATED)
    certificate = rated.certificate
    whole_s = -(-rated.duration_ms // 1000)
    steps = -(-max(0, whole_s - certificate.initial_increment_s) // certificate.increment_s)
    assert certificate.billed_s == certificate.initial_increment_s + steps * certificate.increment_s
    exact = certificate.connection_fee + certificate.per_minute * certificate.billed_s / Decimal(60)
    assert certificate.exact == exact
    assert rated.amount == round_amount(exact)


def test_the_plan_joins_from_its_parts() -> None:
    plan, part = data_of("ringledger.plan-fact.v1"), data_of("ringledger.plan-part-fact.v1")
    assert plan.parts == (part.sha256,)
    assert plan.sha256 == part.sha256 == sha256(part.content.encode()).hexdigest()


def test_the_report_sums_and_holds_the_unit_s_running_total() -> None:
    report, cost = data_of(REPORT), data_of(COST)
    assert sum(line.amount for line in report.lines) == report.total_amount
    assert sum(line.calls for line in report.lines) == report.total_calls
    assert sum(line.billed_s for line in report.lines) == report.total_billed_s
    amounts = {line.unit_id: line.amount for line in report.lines}
    assert amounts[cost.unit_id] == cost.running_total
    assert None in amounts, "Unassigned has its line"


def test_personal_data_stays_where_it_belongs() -> None:
    other_party, name = data_of(CALL).other_party, data_of("ringledger.user-recorded.v1").name
    for kind in NAMES:
        text = json.dumps(example(kind), ensure_ascii=False)
        assert (other_party in text) == (kind in (CALL, "ringledger.usage-recorded.v1")), kind
        assert (name in text) == (kind == "ringledger.user-recorded.v1"), kind
