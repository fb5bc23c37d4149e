"""Asterisk's call detail records: the whole file read, its chargeable legs found and made call records.

The whole file is held in memory (about 2 kB a row), because the zone is judged by all rows and the rows of a
call may stand apart. A call cut in two by the end of a file would change its leg, so export whole days.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from zoneinfo import ZoneInfo

from cli.adapters.asterisk.channels import peer_of
from cli.adapters.asterisk.legs import find_legs
from cli.adapters.asterisk.profiles import Profile, profile_of
from cli.adapters.asterisk.quoting import split
from cli.adapters.asterisk.records import Maker
from cli.adapters.asterisk.rows import Row, RowUnreadable, row_of
from cli.adapters.asterisk.zone import check
from cli.adapters.numbers import NumberRules, is_extension
from cli.adapters.outcomes import FileRefused, Finding, Leg, Outcome, Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class AsteriskOptions:
    """What the operator says of the file.

    zone: the zone its local times were written in. profile: the column layout, None to tell by its first
    line. trunks: endpoints that lead to carriers, besides those the `trunk` column names.
    """

    account_id: str
    zone: ZoneInfo
    rules: NumberRules
    profile: str | None = None
    trunks: Sequence[str] = ()


def read(lines: Iterable[str], options: AsteriskOptions) -> Iterator[Outcome]:
    """Every row's fate: in a leg, or in a finding that names it; legs come in the order of their first row.

    Raises FileRefused for a layout that does not fit, a wrong zone, or when no trunk is known.
    """
    rows, findings = _rows(lines, options)
    if not rows:
        if not findings:
            raise FileRefused("the file has no rows")
        raise FileRefused(f"no row can be read; row {findings[0].rows[0]}: {findings[0].detail}")
    zone, strays = check(rows, options.zone)
    trunks = _trunks(rows, options.trunks)
    yield zone
    yield from findings
    yield from strays
    yield from _outcomes(rows, trunks, options)


def _outcomes(rows: Sequence[Row], trunks: Collection[str], options: AsteriskOptions) -> list[Outcome]:
    maker = Maker(account_id=options.account_id, rules=options.rules)
    calls: dict[str, list[Row]] = {}
    for row in rows:
        calls.setdefault(row.linkedid, []).append(row)
    outcomes: list[Outcome] = []
    for call in calls.values():
        legs, others = find_legs(call, trunks)
        outcomes += others
        for leg in legs:
            outcomes += maker.outcomes(leg, call)
    outcomes.sort(key=lambda outcome: outcome.rows[0] if isinstance(outcome, Leg | Finding) else 0)
    return outcomes


def _rows(lines: Iterable[str], options: AsteriskOptions) -> tuple[list[Row], list[Finding]]:
    iterator = iter(lines)
    first = next(iterator, None)
    if first is None:
        raise FileRefused("the file is empty")
    profile = profile_of(first, named=options.profile)
    numbered = enumerate(iterator, start=2)
    rows: list[Row] = []
    findings: list[Finding] = []
    for number, line in numbered if profile.has_header else chain([(1, first)], numbered):
        if line.strip():
            _take(number, line, profile, options.zone, rows, findings)
    return rows, findings


def _take(
    number: int, line: str, profile: Profile, zone: ZoneInfo, rows: list[Row], findings: list[Finding]
) -> None:
    cells = split(line, len(profile.columns))
    if cells is None:
        detail = f"not {len(profile.columns)} cells, or broken quoting"
        findings.append(Finding(rows=(number,), reason=Reason.UNREADABLE_ROW, detail=detail))
        return
    try:
        rows.append(row_of(number, profile.named(cells.cells), zone))
    except (RowUnreadable, OverflowError) as error:
        findings.append(Finding(rows=(number,), reason=Reason.UNREADABLE_ROW, detail=str(error)))
        return
    if cells.lenient:
        findings.append(Finding(rows=(number,), reason=Reason.QUOTING))


def _trunks(rows: Sequence[Row], named: Sequence[str]) -> frozenset[str]:
    """The endpoints that lead to carriers: those named, and those in the `trunk` column.

    Raises FileRefused when there are none, naming the endpoints in the file: an import that takes trunks for
    extensions would charge nothing, without a word.
    """
    trunks = frozenset(named) | {row.trunk for row in rows if row.trunk}
    if trunks:
        return trunks
    peers = {peer for row in rows for peer in (peer_of(row.channel), peer_of(row.dstchannel)) if peer}
    likely = sorted(peer for peer in peers if not is_extension(peer)) + sorted(filter(is_extension, peers))
    raise FileRefused(
        "no column names the trunks, so chargeable legs cannot be told from internal ones; give --trunk for each "
        f"endpoint that leads to a carrier; endpoints in this file: {', '.join(likely[:20])}"
        + (f" and {len(likely) - 20} more" if len(likely) > 20 else "")
    )
