"""What an import found and did, added up outcome by outcome, for people and as JSON."""

from collections import Counter
from dataclasses import dataclass, field

from cli.adapters.asterisk.zone import offset_text
from cli.adapters.outcomes import Finding, Leg, Outcome, Reason, Weight, ZoneFound
from contracts.events.call import Direction

ROWS_SHOWN = 5


@dataclass(slots=True)
class LegCount:
    """Legs of one direction: found in the file, of these answered, and their billed seconds."""

    found: int = 0
    answered: int = 0
    billed_ms: int = 0
    publishable: int = 0

    def add(self, billed_ms: int, *, publishable: bool) -> None:
        """One more leg; a leg with no billed second counts as unanswered."""
        self.found += 1
        self.answered += billed_ms > 0
        self.billed_ms += billed_ms
        self.publishable += publishable

    def as_json(self) -> dict[str, int]:
        """Counts, and the billed time in ms."""
        return {
            "found": self.found,
            "answered": self.answered,
            "billed_ms": self.billed_ms,
            "publishable": self.publishable,
        }


@dataclass(slots=True)
class RowSet:
    """The rows that have a fate, one byte each: a record that makes two legs is one row."""

    marks: bytearray = field(default_factory=bytearray)
    count: int = 0

    def add(self, rows: tuple[int, ...]) -> None:
        """Marks these rows."""
        for row in rows:
            if row >= len(self.marks):
                self.marks.extend(bytes(row + 1 - len(self.marks)))
            self.count += not self.marks[row]
            self.marks[row] = 1


@dataclass(slots=True)
class Summary:
    """The running sums of one import.

    fates: data rows read; every row has a fate: it belongs to legs, or to a finding that is no note.
    findings keep every row number, for the report file. own_numbers and users: legs of each, for whoever
    creates units over them. published: legs the broker confirmed; confirmed_row: the row where the
    last of them begins.
    """

    fates: RowSet = field(default_factory=RowSet)
    published: int = 0
    confirmed_row: int = 0
    linked: int = 0
    zone: ZoneFound | None = None
    legs: dict[Direction, LegCount] = field(
        default_factory=lambda: {"inbound": LegCount(), "outbound": LegCount(), "internal": LegCount()}
    )
    calls: set[str] = field(default_factory=set)
    own_numbers: Counter[str] = field(default_factory=Counter)
    users: Counter[str] = field(default_factory=Counter)
    findings: dict[Reason, list[Finding]] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """How many rows were read."""
        return self.fates.count

    def add(self, outcome: Outcome) -> None:
        """Counts one outcome."""
        match outcome:
            case ZoneFound():
                self.zone = outcome
            case Finding():
                self.findings.setdefault(outcome.reason, []).append(outcome)
                if outcome.reason.weight is not Weight.NOTE:
                    self.fates.add(outcome.rows)
                if outcome.direction is not None:
                    self.legs[outcome.direction].add(outcome.billed_s * 1000, publishable=False)
            case Leg():
                self._add(outcome)

    def confirm(self, legs: int, row: int) -> None:
        """Counts legs that the broker has confirmed, the last of which begins at this row."""
        self.published += legs
        self.confirmed_row = row

    def listed(self, weight: Weight) -> list[tuple[Reason, list[Finding]]]:
        """The findings of this weight by reason, in the order of the reasons."""
        return [
            (reason, self.findings[reason])
            for reason in Reason
            if reason.weight is weight and reason in self.findings
        ]

    def as_json(self) -> dict[str, object]:
        """Everything but the details of findings, which may hold telephone numbers of other people."""
        return {
            "rows": self.rows,
            "calls": len(self.calls),
            "legs": {name: count.as_json() for name, count in self.legs.items()},
            "linked": self.linked,
            "published": self.published,
            "zone": None if self.zone is None else zone_json(self.zone),
            "findings": {
                reason.key: {"weight": reason.weight.value, "rows": sorted(r for f in found for r in f.rows)}
                for reason, found in self.findings.items()
            },
            "own_numbers": dict(sorted(self.own_numbers.items())),
            "users": dict(sorted(self.users.items())),
        }

    def _add(self, leg: Leg) -> None:
        record = leg.record
        self.fates.add(leg.rows)
        self.calls.add(record.call_id)
        self.linked += record.linked_call is not None
        self.legs[record.direction].add(_billed_ms(leg), publishable=True)
        if record.own_number is not None:
            self.own_numbers[record.own_number] += 1
        if record.user_id is not None:
            self.users[record.user_id] += 1


def first_rows(findings: list[Finding]) -> str:
    """The first few row numbers: `94, 306, 307 …`."""
    rows = sorted(row for finding in findings for row in finding.rows)
    return ", ".join(map(str, rows[:ROWS_SHOWN])) + (" …" if len(rows) > ROWS_SHOWN else "")


def report_rows(summary: Summary) -> list[tuple[str, ...]]:
    """Every finding of the import as a table with a header, by row: what `--report` writes."""
    lines = [
        (row, reason.key, reason.weight.value, finding.detail)
        for reason, found in summary.findings.items()
        for finding in found
        for row in finding.rows
    ]
    return [("row", "reason", "weight", "detail"), *((str(row), *rest) for row, *rest in sorted(lines))]


def zone_json(zone: ZoneFound) -> dict[str, object]:
    """The zone as JSON: its name, the commonest offset and the rows compared."""
    offset = zone.commonest_offset_min
    return {
        "name": zone.zone,
        "commonest_offset": None if offset is None else offset_text(offset),
        "rows_checked": zone.rows_checked,
    }


def _billed_ms(leg: Leg) -> int:
    record = leg.record
    if record.answered_at is None:
        return 0
    if record.billable_duration_ms is not None:
        return record.billable_duration_ms
    return int((record.ended_at - record.answered_at).total_seconds() * 1000)
