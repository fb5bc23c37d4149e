"""Finds the plan of each use and prices it: accounts and activations read under the stripe, plans cached."""

import json
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from chassis.database import Connection
from contracts.events.call import CallDetailRecord
from contracts.events.usage import UsageRecord
from contracts.values.calendar import period_of, zone_of
from services.usage_rating import store
from services.usage_rating.domain.activation import Activation, Activations
from services.usage_rating.domain.booking import booked_period
from services.usage_rating.domain.document import parse_document
from services.usage_rating.domain.plan import RatePlan
from services.usage_rating.domain.problems import Problems
from services.usage_rating.domain.rating import (
    NOTHING_KNOWN,
    Numbers,
    Rated,
    Unrateable,
    UnrateableReason,
    ZeroRated,
    ZeroReason,
    charging_instant,
    rate_chargeable,
    zero_rated,
)
from services.usage_rating.domain.rating_uses import NoPrice, RatedUse, rate_use, use_instant
from services.usage_rating.store import HeldNumber

UNKNOWN_ACCOUNT = "unknown_account"
WRONG_CURRENCY = "plan_in_another_currency"


class KeptPlan(NamedTuple):
    """A plan version in memory. terms: by `id` of a price of the plan, what certificates of its calls share."""

    plan: RatePlan
    terms: dict[int, bytes]


class Priced(NamedTuple):
    """A use with its price. plan: the version that priced it, None when it costs nothing by rule."""

    outcome: Rated | ZeroRated | RatedUse
    plan: KeptPlan | None
    currency: str
    use_on: date
    booked_period: date


@dataclass(frozen=True, slots=True)
class Waits:
    """A use that cannot be priced now, and why."""

    reason: str


class PlanCache:
    """The plan versions used last; a version never changes, so nothing here can be stale."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._plans: OrderedDict[tuple[str, str, int], KeptPlan] = OrderedDict()

    async def get(self, connection: Connection, account_id: str, plan_id: str, version: int) -> KeptPlan:
        """The plan version, read and checked again when it is not here. Raises LookupError or ValueError.

        account_id: who activated it, `*` for everybody.
        """
        key = (account_id, plan_id, version)
        plan = self._plans.get(key)
        if plan is None:
            parsed = parse_document(json.loads(await store.get_plan_document(connection, *key)))
            if isinstance(parsed, Problems):
                raise ValueError(f"stored plan {plan_id} version {version}: {parsed.items[0]}")
            plan = self._plans[key] = KeptPlan(parsed, {})
            while len(self._plans) > self._size:
                self._plans.popitem(last=False)
        else:
            self._plans.move_to_end(key)
        return plan


class Prices:
    """What is needed to price the uses of one batch, read in its transaction."""

    def __init__(
        self,
        accounts: dict[str, store.AccountTerms],
        activations: Activations,
        plans: dict[str, KeptPlan],
        numbers: dict[tuple[str, str], HeldNumber],
    ) -> None:
        self._accounts = {account_id: (terms, zone_of(terms.zone)) for account_id, terms in accounts.items()}
        self._activations = activations
        self._plans = plans
        self._numbers = numbers
        self._periods: dict[tuple[date, int], date] = {}

    def price(self, call: CallDetailRecord) -> Priced | Waits:
        """The call's price with its use day and booked period, or why it waits."""
        known = self._accounts.get(call.account_id)
        if known is None:
            return Waits(UNKNOWN_ACCOUNT)
        terms, zone = known
        plan: KeptPlan | None = None
        zero = zero_rated(call)
        if zero is None or zero.reason is ZeroReason.INTERNAL:
            activation = self._activations.at(call.account_id, charging_instant(call))
            plan = None if activation is None else self._plans[activation.activation_id]
        outcome: Rated | ZeroRated | Unrateable
        if zero is not None and (plan is None or plan.plan.internal is None):
            outcome, plan = zero, None
        elif plan is None:
            return Waits(UnrateableReason.NO_PLAN.value)
        elif plan.plan.currency != terms.currency:
            return Waits(WRONG_CURRENCY)
        else:
            outcome = rate_chargeable(plan.plan, call, self._known_of(call, plan.plan))
        if isinstance(outcome, Unrateable):
            return Waits(outcome.reason.value)
        use_on, booked_period = self._days(call.ended_at, zone, terms.anchor_day)
        return Priced(outcome, plan, terms.currency, use_on, booked_period)

    def _known_of(self, call: CallDetailRecord, plan: RatePlan) -> Numbers:
        """What the directory says of the call's numbers at its charging instant, where the plan asks."""
        if not plan.asks_numbers:
            return NOTHING_KNOWN
        own = self._held(call, call.own_number)
        other = self._held(call, call.other_party) if call.direction == "outbound" else None
        return Numbers(own_kind=None if own is None else own.kind, to_own=other is not None)

    def _held(self, call: CallDetailRecord, number: str | None) -> HeldNumber | None:
        held = None if number is None else self._numbers.get((call.account_id, number))
        return held if held is not None and held.holds_at(charging_instant(call)) else None

    def price_use(self, use: UsageRecord) -> Priced | Waits:
        """The same of a use that is no call: nothing but a plan says that it costs nothing."""
        known = self._accounts.get(use.account_id)
        if known is None:
            return Waits(UNKNOWN_ACCOUNT)
        terms, zone = known
        at = use_instant(use)
        activation = self._activations.at(use.account_id, at)
        if activation is None:
            return Waits(UnrateableReason.NO_PLAN.value)
        plan = self._plans[activation.activation_id]
        if plan.plan.currency != terms.currency:
            return Waits(WRONG_CURRENCY)
        outcome = rate_use(plan.plan, use)
        if isinstance(outcome, NoPrice):
            return Waits(outcome.reason.value)
        use_on, booked_period = self._days(at, zone, terms.anchor_day)
        return Priced(outcome, plan, terms.currency, use_on, booked_period)

    def _days(self, at: datetime, zone: ZoneInfo, anchor_day: int) -> tuple[date, date]:
        use_on = at.astimezone(zone).date()
        period = self._periods.get((use_on, anchor_day))
        if period is None:
            period = booked_period(period_of(use_on, anchor_day=anchor_day).start_on)
            self._periods[use_on, anchor_day] = period
        return use_on, period


async def load_prices(
    connection: Connection,
    cache: PlanCache,
    priced: Sequence[tuple[str, datetime | None]],
    *,
    numbers: Callable[[], set[tuple[str, str]]] = set,
    activations: Activations | None = None,
) -> Prices:
    """Read, under the stripes already taken, what prices depend on.

    priced: the account of each use with the instant whose plan prices it, None when it costs nothing by rule.
    numbers: those that calls may ask about, with their accounts; looked up only where a plan asks. activations: by
    which to price, where not by those that stand.
    """
    account_ids = {account_id for account_id, _ in priced}
    accounts = await store.list_accounts(connection, account_ids)
    if activations is None:
        activations = Activations(await store.list_activations(connection, account_ids))
    needed: dict[str, Activation] = {}
    for account_id, at in priced:
        if at is not None:
            activation = activations.at(account_id, at)
            if activation is not None:
                needed[activation.activation_id] = activation
    plans = {
        key: await cache.get(connection, one.account_id or store.EVERY_ACCOUNT, one.plan_id, one.plan_version)
        for key, one in needed.items()
    }
    held: dict[tuple[str, str], HeldNumber] = {}
    if any(kept.plan.asks_numbers for kept in plans.values()):
        held = await store.list_held_numbers(connection, numbers())
    return Prices(accounts, activations, plans, held)


def numbers_of(calls: Iterable[CallDetailRecord]) -> set[tuple[str, str]]:
    """The numbers that a price of these calls may ask about, each with its account."""
    return {
        (call.account_id, number)
        for call in calls
        for number in (call.own_number, call.other_party)
        if number is not None and number[0] == "+"
    }
