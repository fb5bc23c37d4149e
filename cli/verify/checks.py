"""The checks by name: each is a sentence that must hold, and the query of verify.sql that lists what breaks it."""

from collections.abc import Sequence
from dataclasses import dataclass

from chassis.migrate import api_role, ingest_role
from cli.verify.flights import Extents
from cli.verify.snapshot import QUERIES, Snapshot
from cli.verify.verdict import ROWS_SHOWN, CheckResult
from contracts.topics import CALLS, CHARGES, RATED_USAGE, SERVICES, TOPICS, USAGE, Topic, replay_topic

HISTORY = (
    "audit_entry",
    "conflict_resolution",
    "event_conflict",
    "offset_fate",
    "seen_event",
    "plan",
    "plan_activation",
    "rated_usage",
    "usage",
    "assignment_version",
    "budget_alert",
    "budget_version",
    "charge",
    "charge_fact",
    "report",
    "report_line",
    "unassigned_alert_version",
)
"""Tables that are only ever added to, whatever service has them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """narrowed: by account and period, by account, or not at all: how many of the two its query takes."""

    name: str
    sentence: str
    query: str
    narrowed: int = 2


LOST = Check(
    name="nothing lost",
    sentence="Everything sent has arrived, or is found on its way or in a recorded wait.",
    query="list_lost",
    narrowed=0,
)
CHECKS = (
    LOST,
    Check(
        name="shares",
        sentence="The charges of each rated use sum to it in amount, calls, duration and billed seconds.",
        query="list_unequal_shares",
    ),
    Check(
        name="no charge without use",
        sentence="Every charge has its rated use, in the same account.",
        query="list_charges_without_rated_usage",
    ),
    Check(
        name="no report without charge",
        sentence="Every reported charge was charged, in the same account.",
        query="list_facts_without_charge",
    ),
    Check(
        name="reported as charged",
        sentence="Every reported charge says what was charged: amount, quantities, unit, currency, period.",
        query="list_facts_unlike_their_charge",
    ),
    Check(
        name="ratings net",
        sentence="Every rating exists once, and its reversal at most once, netting to zero.",
        query="list_unbalanced_ratings",
    ),
    Check(
        name="one live rating",
        sentence="Every call leg and other use has at most one live rating, the one it names.",
        query="list_legs_unlike_their_ratings",
        narrowed=1,
    ),
    Check(
        name="every leg has a fate",
        sentence="Every call leg and other use is priced, in suspense or withdrawn, and only one of these.",
        query="list_legs_without_a_fate",
        narrowed=1,
    ),
    Check(
        name="charges net",
        sentence="Every reversed charge is mirrored exactly, once, for the same unit.",
        query="list_unbalanced_charges",
    ),
    Check(
        name="one set of charges",
        sentence="Every rating has one live set of charges, the one its allocation names.",
        query="list_allocations_unlike_their_charges",
        narrowed=1,
    ),
    Check(
        name="waits",
        sentence="Every reversal that waits is the reversal that was rated.",
        query="list_waits_unlike_their_ratings",
    ),
    Check(
        name="units held the number",
        sentence="A charge by number is owed by the unit that held the number at the charging instant.",
        query="list_shares_of_units_that_held_nothing",
    ),
    Check(
        name="nothing left behind",
        sentence="No charge stays with another unit than its number's, once all changes are worked off.",
        query="list_charges_left_behind",
    ),
    Check(
        name="moves",
        sentence="Every move of charges sums to zero for each use, and as many moved as the job says.",
        query="list_uneven_moves",
    ),
    Check(
        name="follows its call",
        sentence="What belongs to a call is owed by the units of the call, once all is worked off.",
        query="list_followers_unlike_their_calls",
    ),
    Check(
        name="unit spend",
        sentence="What each unit spent by period and day, added up or still to be, is the sum of its charges.",
        query="list_spend_unlike_its_charges",
    ),
    Check(
        name="budgets as said",
        sentence="Every budget and threshold stands as it was said.",
        query="list_budgets_unlike_what_was_said",
        narrowed=1,
    ),
    Check(
        name="stages of budgets",
        sentence="Every stage that was announced is one of an amount that the unit's budget of the period had.",
        query="list_stages_without_a_budget",
    ),
    Check(
        name="one holder",
        sentence="No number is in two units at any instant.",
        query="list_numbers_with_two_holders",
        narrowed=1,
    ),
    Check(
        name="unit topics",
        sentence="Every unit's lines are numbered without gaps and their running totals unbroken.",
        query="list_broken_unit_lines",
    ),
    Check(
        name="unit counters",
        sentence="Every unit's counter, its lines and its messages are as many.",
        query="list_unit_lanes_unlike_their_facts",
        narrowed=1,
    ),
    Check(
        name="daily costs",
        sentence="Daily costs by unit and category are the sums of their facts.",
        query="list_day_costs_unlike_their_facts",
    ),
    Check(
        name="period totals",
        sentence="Units' totals of a period are the sums of their facts.",
        query="list_period_totals_unlike_their_facts",
    ),
    Check(
        name="reports",
        sentence="Every report's total is the sum of its lines.",
        query="list_reports_unlike_their_lines",
    ),
)
OF_EACH_SERVICE = (
    Check(
        name="every offset one fate",
        sentence="Fates follow one another without gap or overlap and add up to the offsets passed.",
        query="list_broken_fates",
        narrowed=0,
    ),
    Check(
        name="conflicts held",
        sentence="As many records are in quarantine as offsets had the fate conflict.",
        query="list_conflicts_unlike_their_fates",
        narrowed=0,
    ),
    Check(
        name="identities remembered",
        sentence="Every event taken is remembered by its identity.",
        query="list_unseen_events",
        narrowed=0,
    ),
    Check(
        name="outbox lanes",
        sentence="Every lane's cursor is at most its counter, and its rows are the numbers between them.",
        query="list_broken_lanes",
        narrowed=0,
    ),
)


async def run_checks(snapshot: Snapshot) -> list[CheckResult]:
    """The checks over all services' base rows. `find_in_flight` has run before."""
    narrowing = (snapshot.account_id, snapshot.period)
    return [await run_check(snapshot, check, *narrowing[: check.narrowed]) for check in CHECKS]


async def run_checks_of(snapshot: Snapshot, service: str, extents: Extents) -> list[CheckResult]:
    """The checks that every service must pass: fates, lanes, rights."""
    await snapshot.within(service)
    results = [await run_check(snapshot, check, service=service) for check in OF_EACH_SERVICE]
    positions = Check(
        name="positions",
        sentence="Every position stands after its last fate; fates begin where the log did.",
        query="list_positions_unlike_their_fates",
    )
    logs = [(*place, extent.start, extent.end) for place, extent in extents.items()]
    columns = [list(column) for column in zip(*logs, strict=True)] or [[], [], [], []]
    results.append(await run_check(snapshot, positions, *columns, service=service))
    return results + await _run_rights_checks(snapshot, service)


async def _run_rights_checks(snapshot: Snapshot, service: str) -> list[CheckResult]:
    roles = [ingest_role(service), api_role(service)]
    row_security = Check(
        name="row-level security",
        sentence="Every table with an account shows the API role one account only.",
        query="list_tables_without_row_security",
    )
    history = Check(
        name="history",
        sentence="No application role may change or remove what is only ever added to.",
        query="list_rights_to_change_history",
    )
    modest = Check(
        name="roles",
        sentence="Application roles own nothing, are no superusers, and the API's is bound by row security.",
        query="list_roles_with_too_much",
    )
    return [
        await run_check(snapshot, row_security, service, api_role(service), service=service),
        await run_check(snapshot, history, service, roles, list(HISTORY), service=service),
        await run_check(snapshot, modest, service, roles, api_role(service), service=service),
    ]


async def run_effects_check(snapshot: Snapshot) -> CheckResult:
    """Offsets accepted against base rows: a position that moved without its effect is seen here."""
    check = Check(
        name="accepted means recorded",
        sentence="Every offset accepted left its use, its allocation or its fact behind, one for one.",
        query="list_accepted_without_effect",
    )
    sources = (((CALLS, USAGE), "usage_rating"), ((RATED_USAGE,), "billing_units"), ((CHARGES,), "reporting"))
    names = [[name for topic in topics for name in _with_replay(topic, service)] for topics, service in sources]
    return await run_check(snapshot, check, *names)


async def run_check(
    snapshot: Snapshot, check: Check, *arguments: object, service: str | None = None
) -> CheckResult:
    """Run one check: the first offending rows, and how many there are."""
    rows = await snapshot.connection.fetch(
        f"SELECT *, count(*) OVER () AS offending_rows FROM (\n{QUERIES[check.query]}\n) AS offending "
        f"LIMIT {ROWS_SHOWN}",
        *arguments,
    )
    return CheckResult(
        name=check.name,
        sentence=check.sentence,
        offending=rows[0]["offending_rows"] if rows else 0,
        rows=[{name: value for name, value in row.items() if name != "offending_rows"} for row in rows],
        service=service,
    )


def input_topics() -> dict[str, list[str]]:
    """What each service reads, with its replay topics."""
    return {
        service: [name for topic in TOPICS if service in topic.consumers for name in _with_replay(topic, service)]
        for service in SERVICES
    }


def _with_replay(topic: Topic, service: str) -> Sequence[str]:
    return [topic.name, replay_topic(topic.name, service)]
