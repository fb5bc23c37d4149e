"""The verdict as people read it: the answer first, then the sums side by side, then what does not hold."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from cli.verify.verdict import CheckResult, Conserved, Verdict

PLACES = {
    "outbox": "in an outbox, not yet published",
    "topic": "in a topic, not yet read",
    "wait": "a reversal waiting for its rating",
    "wait_for_call": "waiting for its call",
    "conflict": "in quarantine",
    "dead_letter": "a dead letter",
}


def rendered(verdict: Verdict) -> RenderableType:
    """The whole page."""
    parts: list[RenderableType] = [headline(verdict), _sums(verdict), *_on_the_way(verdict), *_waiting(verdict)]
    broken = [check for check in verdict.checks if not check.holds]
    parts.append(_count_of_checks(verdict))
    for check in broken:
        parts += _broken(check)
    parts.append(
        Text(
            f"Snapshot {verdict.taken_at:%Y-%m-%d %H:%M:%S} UTC, {verdict.database}, broker {verdict.broker}; "
            f"{verdict.took_s:.1f} s.",
            style="dim",
        )
    )
    return Group(*parts)


def headline(verdict: Verdict) -> Text:
    """The first line: whether it holds, and of what."""
    charges = [line for line in verdict.conservation if line.flow == "charges"]
    uses = sum(line.upstream.records for line in charges)
    money: dict[str, Decimal] = defaultdict(Decimal)
    for line in charges:
        money[line.currency] += line.upstream.amount
    of = f"{uses:,} ratings and reversals" + "".join(
        f", {amount:,.6f} {currency}" for currency, amount in sorted(money.items())
    )
    if not verdict.holds:
        count = verdict.differences
        plural = "difference" if count == 1 else "differences"
        return Text(f"DOES NOT HOLD: {count} {plural} over {of}.", style="bold red")
    if not uses:
        return Text("HOLDS, but there is no rated usage to prove it on.", style="bold yellow")
    flying = sum(line.records for line in verdict.on_the_way)
    rest = f"{flying:,} records in flight, each of them found" if flying else "nothing in flight"
    return Text(f"HOLDS: {of}; nothing lost, {rest}.", style="bold green")


def _sums(verdict: Verdict) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("Account", "Period", ""):
        table.add_column(name, no_wrap=True)
    for name in ("Rated usage", "in flight", "Charges", "in flight", "Reported", "Difference"):
        table.add_column(name, justify="right", no_wrap=True)
    lines: dict[tuple[str, date, str], dict[str, Conserved]] = defaultdict(dict)
    for line in verdict.conservation:
        lines[line.account_id, line.booked_period, line.currency][line.flow] = line
    for (account_id, period, currency), flows in lines.items():
        charges, reported = flows.get("charges"), flows.get("reported")
        held = all(line.holds for line in flows.values())
        difference = sum((line.difference for line in flows.values()), Decimal(0))
        shown = "none" if held else _money(difference) if difference else "in quantities"
        table.add_row(
            escape(account_id),
            period.isoformat(),
            currency,
            _money(charges.upstream.amount) if charges else "–",
            _money(charges.in_flight.amount) if charges else "–",
            _money(reported.upstream.amount if reported else charges.downstream.amount if charges else Decimal(0)),
            _money(reported.in_flight.amount) if reported else "–",
            _money(reported.downstream.amount) if reported else "–",
            Text(shown, style="green" if held else "bold red"),
        )
    return table


def _on_the_way(verdict: Verdict) -> list[RenderableType]:
    if not verdict.on_the_way:
        return []
    table = Table(box=None, pad_edge=False, title="In flight", title_justify="left", header_style="bold")
    for name in ("To", "Where", "Records", "Amount", "", "Oldest"):
        table.add_column(name, justify="right" if name in ("Records", "Amount") else "left")
    for line in verdict.on_the_way:
        table.add_row(
            line.flow,
            PLACES[line.kind],
            f"{line.records:,}",
            _money(line.amount),
            line.currency,
            _age(verdict.taken_at, line.oldest),
        )
    listed = Table(box=None, pad_edge=False, show_header=False)
    for record in verdict.in_flight[:10]:
        age = _age(verdict.taken_at, record.since)
        listed.add_row(escape(record.account_id), record.id, _money(record.amount), escape(record.place), age)
    return [table, listed]


def _waiting(verdict: Verdict) -> list[RenderableType]:
    sentences = {
        "unread": "Not in these sums yet: {records:,} records of {topic} that {service} has not read.",
        "unpublished": "{service} has {records:,} messages to publish.",
        "retries": "{service} will try suspense again; {records:,} times something appeared that may end it.",
        "reratings": "{service} has {records:,} approved re-ratings to post.",
        "reattributions": "{service} has {records:,} changes of the directory whose charges it still moves.",
        "followers": "{service} has {records:,} uses to put where their calls are.",
        "spend": "{service} has {records:,} changes of what units spent to add up.",
    }
    found: list[RenderableType] = [
        Text(
            sentences[line.what].format(records=line.records, topic=line.topic, service=line.service),
            style="yellow",
        )
        for line in verdict.waiting
    ]
    if verdict.suspense:
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in verdict.suspense.items())
        found.append(Text(f"In suspense, without a price yet: {reasons}.", style="yellow"))
    return found


def _count_of_checks(verdict: Verdict) -> Text:
    held = sum(check.holds for check in verdict.checks)
    if held == len(verdict.checks):
        return Text(f"All {held} checks hold.", style="green")
    return Text(f"{held} of {len(verdict.checks)} checks hold; these do not:", style="red")


def _broken(check: CheckResult) -> list[RenderableType]:
    where = f" in {check.service}" if check.service else ""
    rows = "row" if check.offending == 1 else "rows"
    lines: list[RenderableType] = [
        Text(f"✗ {check.name}{where}: {check.offending:,} {rows}. {check.sentence}", style="red")
    ]
    for row in check.rows:
        told = "  ".join(f"{name}={_plain(value)}" for name, value in row.items() if value is not None)
        lines.append(Text(f"    {told}", overflow="fold"))
    return lines


def as_document(verdict: Verdict) -> Mapping[str, Any]:
    """The verdict for machines: amounts as strings, the answer first."""
    return {
        "holds": verdict.holds,
        "settled": verdict.settled,
        "differences": verdict.differences,
        "taken_at": verdict.taken_at,
        "took_ms": int(verdict.took_s * 1000),
        "database": verdict.database,
        "broker": verdict.broker,
        "account_id": verdict.account_id,
        "period": verdict.period,
        "conservation": [
            {
                "flow": line.flow,
                "account_id": line.account_id,
                "currency": line.currency,
                "booked_period": line.booked_period,
                "upstream": line.upstream,
                "downstream": line.downstream,
                "in_flight": line.in_flight,
                "difference": line.difference,
                "holds": line.holds,
            }
            for line in verdict.conservation
        ],
        "on_the_way": verdict.on_the_way,
        "in_flight": [
            {"age_s": int((verdict.taken_at - line.since).total_seconds()), "record": line}
            for line in verdict.in_flight
        ],
        "checks": [
            {
                "name": check.name,
                "service": check.service,
                "sentence": check.sentence,
                "holds": check.holds,
                "offending": check.offending,
                "rows": [{name: _plain(value) for name, value in row.items()} for row in check.rows],
            }
            for check in verdict.checks
        ],
        "waiting": verdict.waiting,
        "suspense": verdict.suspense,
    }


def _plain(value: object) -> object:
    """A value of a row as text or number."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return str(value) if isinstance(value, UUID) else value


def _money(amount: Decimal) -> str:
    return f"{amount:,.6f}"


def _age(now: datetime, since: datetime) -> str:
    seconds = max(0, int((now - since).total_seconds()))
    minutes, hours = seconds // 60, seconds // 3600
    return f"{hours} h" if hours else f"{minutes} min" if minutes else f"{seconds} s"
