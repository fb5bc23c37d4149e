"""Every topic, declared once: who writes it, who reads it, its key, partitions and retention."""

from dataclasses import dataclass
from typing import Any

from contracts.events.alert import BUDGET_STAGE_REACHED, UNASSIGNED_SHARE_PASSED
from contracts.events.call import CALL_RECORDED
from contracts.events.charge import CHARGE_ALLOCATED, UNASSIGNED
from contracts.events.directory import (
    ACCOUNT_RECORDED,
    ASSIGNMENT_RECORDED,
    NUMBER_RECORDED,
    TEAM_MEMBERSHIP_RECORDED,
    TEAM_RECORDED,
    UNIT_RECORDED,
    USER_RECORDED,
)
from contracts.events.envelope import EventType
from contracts.events.facts import (
    ACCOUNT_FACT,
    ASSIGNMENT_FACT,
    BUDGET_FACT,
    NUMBER_FACT,
    PLAN_ACTIVATION_FACT,
    PLAN_FACT,
    PLAN_PART_FACT,
    RERATING_FACT,
    SIGNING_KEY_FACT,
    TEAM_FACT,
    TEAM_MEMBERSHIP_FACT,
    UNASSIGNED_ALERT_FACT,
    UNIT_FACT,
    USER_FACT,
)
from contracts.events.period import PERIOD_STATE_CHANGED
from contracts.events.rated_usage import USAGE_RATED
from contracts.events.report import UNIT_REPORT_MADE
from contracts.events.unit_cost import UNIT_COST_RECORDED
from contracts.events.usage import USAGE_RECORDED

DAYS_90 = 90
MONTHS_13 = 397
FOR_EVER = None

PLATFORM = "telephony platform"
CUSTOMER = "consumer of unit costs"
OPERATOR = "operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A topic's declaration.

    key: in words; wrongly keyed input is accepted all the same. consumers: service names, each its own
    group. retention_days: days a record is kept, None for ever.
    """

    name: str
    summary: str
    events: tuple[EventType[Any], ...]
    key: str
    producer: str
    consumers: tuple[str, ...]
    partitions: int = 12
    retention_days: int | None = MONTHS_13


CALLS = Topic(
    name="telephony.calls.v1",
    summary="Call legs as they end.",
    events=(CALL_RECORDED,),
    key="account + call id",
    producer=PLATFORM,
    consumers=("usage_rating",),
    retention_days=DAYS_90,
)
USAGE = Topic(
    name="telephony.usage.v1",
    summary="Uses that are no calls: messages, what belongs to a call, what is metered.",
    events=(USAGE_RECORDED,),
    key="account + call id, or usage key",
    producer=PLATFORM,
    consumers=("usage_rating",),
    retention_days=DAYS_90,
)
DIRECTORY = Topic(
    name="telephony.directory.v1",
    summary="Accounts, users, teams, numbers and units as platforms know them.",
    events=(
        ACCOUNT_RECORDED,
        USER_RECORDED,
        TEAM_RECORDED,
        TEAM_MEMBERSHIP_RECORDED,
        NUMBER_RECORDED,
        UNIT_RECORDED,
        ASSIGNMENT_RECORDED,
    ),
    key="account",
    producer=PLATFORM,
    consumers=("billing_units",),
    retention_days=DAYS_90,
)
USAGE_RATING_FACTS = Topic(
    name="usage-rating.facts.v1",
    summary="Rate plans, their activations, and re-ratings.",
    events=(PLAN_PART_FACT, PLAN_FACT, PLAN_ACTIVATION_FACT, RERATING_FACT),
    key="account (* for every account) + plan or re-rating",
    producer="usage_rating",
    consumers=(),
    retention_days=FOR_EVER,
)
BILLING_UNITS_FACTS = Topic(
    name="billing-units.facts.v1",
    summary="The directory and the units as billing_units holds them.",
    events=(
        ACCOUNT_FACT,
        USER_FACT,
        TEAM_FACT,
        TEAM_MEMBERSHIP_FACT,
        NUMBER_FACT,
        UNIT_FACT,
        ASSIGNMENT_FACT,
        BUDGET_FACT,
        UNASSIGNED_ALERT_FACT,
    ),
    key="account",
    producer="billing_units",
    consumers=("usage_rating", "reporting", "portal"),
    retention_days=FOR_EVER,
)
RATED_USAGE = Topic(
    name="usage-rating.rated-usage.v1",
    summary="Each use with its price.",
    events=(USAGE_RATED,),
    key="account + call id, or usage key",
    producer="usage_rating",
    consumers=("billing_units",),
)
CHARGES = Topic(
    name="billing-units.charges.v1",
    summary="What each unit owes.",
    events=(CHARGE_ALLOCATED,),
    key="account + unit, or unassigned",
    producer="billing_units",
    consumers=("reporting",),
)
ALERTS = Topic(
    name="billing-units.alerts.v1",
    summary="Stages of budgets that are reached, and Unassigned when its share passes a threshold.",
    events=(BUDGET_STAGE_REACHED, UNASSIGNED_SHARE_PASSED),
    key="account",
    producer="billing_units",
    consumers=(),
)
PERIODS = Topic(
    name="ledger.periods.v1",
    summary="States of billing periods; none published means open.",
    events=(PERIOD_STATE_CHANGED,),
    key="account",
    producer="ledger",
    consumers=(),
    retention_days=FOR_EVER,
)
REPORTS = Topic(
    name="reporting.reports.v1",
    summary="Reports made.",
    events=(UNIT_REPORT_MADE,),
    key="account",
    producer="reporting",
    consumers=(),
)
UNIT_COSTS = Topic(
    name="reporting.unit-costs.{unit}.v1",
    summary="One topic for each unit and for each account's unassigned costs, numbered without gaps.",
    events=(UNIT_COST_RECORDED,),
    key="unit",
    producer="reporting",
    consumers=(CUSTOMER,),
    partitions=1,
)

PORTAL_FACTS = Topic(
    name="portal.facts.v1",
    summary="Public keys of the statements that say who asks; every API reads it whole, without a group.",
    events=(SIGNING_KEY_FACT,),
    key="key id",
    producer="portal",
    consumers=(),
    partitions=1,
    retention_days=FOR_EVER,
)

TOPICS: tuple[Topic, ...] = (
    CALLS,
    USAGE,
    DIRECTORY,
    USAGE_RATING_FACTS,
    BILLING_UNITS_FACTS,
    RATED_USAGE,
    CHARGES,
    ALERTS,
    PERIODS,
    REPORTS,
    UNIT_COSTS,
    PORTAL_FACTS,
)
"""In the order of a call's way; README's flow table and the compose file follow it."""

SERVICES = ("usage_rating", "billing_units", "reporting", "portal")
"""The services that exist, in the order of a call's way."""


def unit_costs_topic(account_id: str, unit_id: str | None) -> str:
    """The topic of one unit's costs, or of the account's unassigned costs."""
    return UNIT_COSTS.name.format(unit=unit_id or f"{account_id}.{UNASSIGNED}")


def group_of(service: str) -> str:
    """The consumer group of a service: one each."""
    return f"ringledger.{service.replace('_', '-')}"


def dead_letter_topic(topic: str, service: str) -> str:
    """Where records of `topic` go that fail alone in `service`."""
    return f"{topic}.{group_of(service)}.dlq"


def replay_topic(topic: str, service: str) -> str:
    """Where dead letters are sent again to `service` only."""
    return f"{topic}.{group_of(service)}.replay"


def companions(topic: Topic) -> tuple[Topic, ...]:
    """The dead-letter and the replay topic of each service that reads `topic`, records unchanged.

    They keep records 90 days, as dead letters hold personal data (DESIGN §4). A customer who reads
    a unit's costs has neither.
    """
    found = []
    for service in topic.consumers:
        if service not in SERVICES:
            continue
        dead = Topic(
            name=dead_letter_topic(topic.name, service),
            summary=f"Records of {topic.name} that failed alone in {service}, with dlq_* headers.",
            events=topic.events,
            key=topic.key,
            producer=service,
            consumers=(),
            partitions=1,
            retention_days=DAYS_90,
        )
        again = Topic(
            name=replay_topic(topic.name, service),
            summary=f"Dead letters of {topic.name}, sent again to {service} only.",
            events=topic.events,
            key=topic.key,
            producer=OPERATOR,
            consumers=(service,),
            partitions=1,
            retention_days=DAYS_90,
        )
        found += [dead, again]
    return tuple(found)
