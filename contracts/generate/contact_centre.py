"""One example of every event, from one invented contact centre and, from call to report, one call.

The numbers are those that Ofcom and the Bundesnetzagentur keep free for fiction.
"""

from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any

from contracts.events import alert, directory, facts
from contracts.events.call import CALL_RECORDED, CallDetailRecord
from contracts.events.charge import CHARGE_ALLOCATED, Allocation, Charge
from contracts.events.envelope import EventType, encode
from contracts.events.period import PERIOD_STATE_CHANGED, PeriodState
from contracts.events.rated_usage import USAGE_RATED, Certificate, RatedUsage
from contracts.events.report import UNIT_REPORT_MADE, UnitReport, UnitReportLine
from contracts.events.unit_cost import UNIT_COST_RECORDED, UnitCost
from contracts.events.usage import USAGE_RECORDED
from contracts.generate.other_uses import a_text_message
from contracts.generate.portal_keys import signing_key
from contracts.topics import SERVICES, TOPICS
from contracts.values.ids import IdKind, derived_id

ACCOUNT = "harbour-care"
PLATFORM_SOURCE = "pbx.harbour-care.example"
OWN_NUMBER = "+442079460018"
OTHER_PARTY = "+493023125047"
USER = "agent-17"
TEAM = "evening"
OPENED_AT = datetime(2026, 5, 1, tzinfo=UTC)
PERIOD = date(2026, 6, 1)
UNIT = str(derived_id(IdKind.DIRECTORY, ACCOUNT, "unit", "claims"))
USAGE = str(derived_id(IdKind.USAGE, ACCOUNT, PLATFORM_SOURCE, "20260602-0815", "1"))
RATED = str(derived_id(IdKind.RATED_USAGE, USAGE, "1", "rated"))
CHARGE = str(derived_id(IdKind.CHARGE, USAGE, "1", "1", UNIT, "+"))
PLAN = "standard"
PLAN_PART = (
    '{"currency":"EUR","rates":[{"prefix":"4930","destination":"Germany, Berlin","per_minute":"0.0123",'
    '"connection_fee":"0.02","initial_increment_s":30,"increment_s":6,"minimum_s":0}]}'
)

CALL = CallDetailRecord(
    account_id=ACCOUNT,
    call_id="20260602-0815",
    leg_id="1",
    direction="outbound",
    channel="click_to_call",
    other_party=OTHER_PARTY,
    disposition="answered",
    started_at=datetime(2026, 6, 2, 8, 14, 52, 310000, tzinfo=UTC),
    answered_at=datetime(2026, 6, 2, 8, 15, 1, 40000, tzinfo=UTC),
    ended_at=datetime(2026, 6, 2, 8, 17, 5, 540000, tzinfo=UTC),
    own_number=OWN_NUMBER,
    presented_caller_id=OWN_NUMBER,
    user_id=USER,
    team_id=TEAM,
    queue_id="claims-callback",
)
CERTIFICATE = Certificate(
    charged_duration="answered_to_ended",
    billed_s=126,
    exact=Decimal("0.04583"),
    rounding="half_up",
    scale=6,
    plan_id=PLAN,
    plan_version=1,
    prefix="4930",
    destination="Germany, Berlin",
    per_minute=Decimal("0.0123"),
    connection_fee=Decimal("0.02"),
    minimum_s=0,
    initial_increment_s=30,
    increment_s=6,
)
SHARED: dict[str, Any] = {
    "account_id": ACCOUNT,
    "usage_id": USAGE,
    "category": "call",
    "occurred_at": CALL.answered_at,
    "billed_at": CALL.ended_at,
    "use_on": date(2026, 6, 2),
    "booked_period": PERIOD,
    "currency": "EUR",
    "amount": Decimal("0.045830"),
    "calls": 1,
    "duration_ms": 124_500,
    "billed_s": CERTIFICATE.billed_s,
    "own_number": OWN_NUMBER,
    "country": "DE",
    "user_id": USER,
}
"""What rated usage, charge and unit cost say alike of the one call."""

RATED_CALL: dict[str, Any] = SHARED | {
    "rated_usage_id": RATED,
    "rating_revision": 1,
    "cause_id": "01973000-1f70-7000-8000-000000000001",
    "direction": CALL.direction,
    "channel": CALL.channel,
    "team_id": TEAM,
    "queue_id": CALL.queue_id,
    "other_party_token": "k1.7f3kq0Zb5m2VwJtXc9RdPA",
}
"""What rated usage and charge say alike of it."""


def example_events() -> dict[str, bytes]:
    """One event of every type, in structured mode, by the type's name."""
    events = {}
    for topic in TOPICS:
        source = topic.producer if topic.producer in SERVICES else PLATFORM_SOURCE
        for kind in topic.events:
            events[kind.name] = encode(
                kind=kind,
                event_id=str(derived_id(IdKind.FACT, "example", kind.name)),
                source=source,
                time=datetime(2026, 6, 2, 8, 17, 6, tzinfo=UTC),
                data=EXAMPLES[kind.name],
            )
    return events


def _fact_of(recorded: Any, fact: type[Any], **more: Any) -> Any:
    fields = fact.__dataclass_fields__
    return fact(**{name: value for name, value in asdict(recorded).items() if name in fields}, **more)


def _directory() -> list[tuple[EventType[Any], Any]]:
    keys: dict[str, Any] = {"account_id": ACCOUNT, "version": 1}
    account = directory.AccountRecorded(**keys, name="Harbour Care", currency="EUR", zone="Europe/London")
    user = directory.UserRecorded(**keys, user_id=USER, name="Ada Moss", email="ada.moss@harbour-care.example")
    team = directory.TeamRecorded(**keys, team_id=TEAM, name="Evening shift")
    membership = directory.TeamMembershipRecorded(
        **keys, membership_id=f"{TEAM}-{USER}", team_id=TEAM, user_id=USER, from_at=OPENED_AT
    )
    number = directory.NumberRecorded(**keys, number=OWN_NUMBER, from_at=OPENED_AT, country="GB", kind="local")
    unit = directory.UnitRecorded(**keys, unit_id=UNIT, name="Claims")
    assignment = directory.AssignmentRecorded(
        **keys,
        assignment_id=str(derived_id(IdKind.DIRECTORY, ACCOUNT, "assignment", OWN_NUMBER, "1")),
        unit_id=UNIT,
        member_kind="number",
        member=OWN_NUMBER,
        from_at=OPENED_AT,
    )
    return [
        (directory.ACCOUNT_RECORDED, account),
        (directory.USER_RECORDED, user),
        (directory.TEAM_RECORDED, team),
        (directory.TEAM_MEMBERSHIP_RECORDED, membership),
        (directory.NUMBER_RECORDED, number),
        (directory.UNIT_RECORDED, unit),
        (directory.ASSIGNMENT_RECORDED, assignment),
        (facts.ACCOUNT_FACT, _fact_of(account, facts.AccountFact)),
        (facts.USER_FACT, _fact_of(user, facts.UserFact)),
        (facts.TEAM_FACT, _fact_of(team, facts.TeamFact)),
        (facts.TEAM_MEMBERSHIP_FACT, _fact_of(membership, facts.TeamMembershipFact)),
        (facts.NUMBER_FACT, _fact_of(number, facts.NumberFact)),
        (facts.UNIT_FACT, _fact_of(unit, facts.UnitFact)),
        (facts.ASSIGNMENT_FACT, _fact_of(assignment, facts.AssignmentFact, directory_revision=7)),
    ]


def _plan() -> list[tuple[EventType[Any], Any]]:
    digest = sha256(PLAN_PART.encode()).hexdigest()
    plan = facts.PlanFact(
        plan_id=PLAN,
        version=1,
        sha256=digest,
        parts=(digest,),
        currency="EUR",
        effective_from=OPENED_AT,
        account_id=None,
    )
    activation = facts.PlanActivationFact(
        activation_id=str(derived_id(IdKind.FACT, PLAN, "1", OPENED_AT.isoformat())),
        version=1,
        plan_id=PLAN,
        plan_version=1,
        effective_at=OPENED_AT,
        account_id=ACCOUNT,
        deleted=False,
    )
    rerating = facts.ReratingFact(
        account_id=ACCOUNT,
        rerating_id="01976d5a-3c00-7000-8000-00000000c0de",
        version=2,
        state="approved",
        from_at=OPENED_AT,
        to_at=OPENED_AT + timedelta(days=30),
        plan_id=None,
        plan_version=None,
    )
    return [
        (facts.PLAN_PART_FACT, facts.PlanPartFact(sha256=digest, content=PLAN_PART)),
        (facts.PLAN_FACT, plan),
        (facts.PLAN_ACTIVATION_FACT, activation),
        (facts.RERATING_FACT, rerating),
    ]


def _call() -> list[tuple[EventType[Any], Any]]:
    message = a_text_message(
        account_id=ACCOUNT, own_number=OWN_NUMBER, other_party=OTHER_PARTY, user_id=USER, team_id=TEAM
    )
    rated = RatedUsage(
        **RATED_CALL,
        kind="rated",
        source=PLATFORM_SOURCE,
        call_id=CALL.call_id,
        leg_id=CALL.leg_id,
        usage_revision=CALL.revision,
        disposition=CALL.disposition,
        certificate=CERTIFICATE,
        conversation_ms=124_500,
    )
    charge = Charge(
        **RATED_CALL,
        charge_id=CHARGE,
        allocation_revision=1,
        kind="charge",
        allocation=Allocation(rule="number", units=1, directory_revision=7, matched=OWN_NUMBER),
        unit_id=UNIT,
        prefix="4930",
    )
    cost = UnitCost(
        **SHARED,
        seq=2048,
        charge_id=CHARGE,
        kind="charge",
        rule="number",
        running_total=Decimal("3.517320"),
        unit_id=UNIT,
        prefix="4930",
    )
    return [
        (CALL_RECORDED, CALL),
        (USAGE_RECORDED, message),
        (USAGE_RATED, rated),
        (CHARGE_ALLOCATED, charge),
        (UNIT_COST_RECORDED, cost),
    ]


def _budget() -> list[tuple[EventType[Any], Any]]:
    keys: dict[str, Any] = {"account_id": ACCOUNT, "booked_period": PERIOD, "currency": "EUR"}
    amount, at = Decimal("250.000000"), datetime(2026, 6, 17, 9, 30, 5, tzinfo=UTC)
    span = facts.BudgetSpan(
        from_period=PERIOD, until_period=None, amount=amount, currency="EUR", stages=(50, 80, 100)
    )
    stage = alert.BudgetStage(
        **keys, unit_id=UNIT, budget_amount=amount, budget_version=1, stage_percent=50,
        spent=Decimal("125.004170"), reached_at=at,
    )  # fmt: skip
    share = alert.UnassignedShare(
        **keys, unassigned_amount=Decimal("31.720450"), total_amount=Decimal("604.199000"),
        share_percent=Decimal("5.25"), threshold_percent=Decimal("5.00"), times=1, passed_at=at,
    )  # fmt: skip
    threshold = facts.UnassignedAlertFact(
        account_id=ACCOUNT, version=1, threshold_percent=Decimal("5.00"), minimum_amount=Decimal("10.000000")
    )
    return [
        (facts.BUDGET_FACT, facts.BudgetFact(account_id=ACCOUNT, unit_id=UNIT, version=1, spans=(span,))),
        (facts.UNASSIGNED_ALERT_FACT, threshold),
        (alert.BUDGET_STAGE_REACHED, stage),
        (alert.UNASSIGNED_SHARE_PASSED, share),
    ]


def _period() -> list[tuple[EventType[Any], Any]]:
    as_of = datetime(2026, 6, 2, 8, 17, 6, tzinfo=UTC)
    state = PeriodState(account_id=ACCOUNT, booked_period=PERIOD, version=1, phase="open", changed_at=OPENED_AT)
    report = UnitReport(
        account_id=ACCOUNT,
        report_id=str(derived_id(IdKind.REPORT, ACCOUNT, PERIOD.isoformat(), as_of.isoformat())),
        booked_period=PERIOD,
        currency="EUR",
        as_of=as_of,
        lines=(
            UnitReportLine(
                unit_id=UNIT, calls=93, duration_ms=8_911_200, billed_s=9_030, amount=Decimal("3.517320")
            ),
            UnitReportLine(calls=4, duration_ms=131_000, billed_s=150, amount=Decimal("0.110750")),
        ),
        total_calls=97,
        total_billed_s=9_180,
        total_amount=Decimal("3.628070"),
    )
    return [(PERIOD_STATE_CHANGED, state), (UNIT_REPORT_MADE, report)]


EXAMPLES: dict[str, Any] = {
    kind.name: data for kind, data in [*_directory(), *_plan(), *_call(), *_budget(), *_period(), signing_key()]
}
