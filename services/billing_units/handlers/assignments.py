"""Commands on assignments: put numbers, users and teams into a unit for a time, all or none, and end it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from chassis.database import Connection
from contracts.events.directory import AssignmentRecorded, MemberKind
from services.billing_units.domain.directory_view import FOR_EVER
from services.billing_units.domain.placement import Placement, find_overlap
from services.billing_units.handlers.commands import Commands, Refusal, no_unit, record
from services.billing_units.store import directory, listing, members
from services.billing_units.store.members import MemberKey

ROWS_MAX = 10_000
"""Members of one command."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A number, user or team as it was asked for. member: None when the value means none, and `says` why."""

    kind: MemberKind
    value: str
    member: str | None
    says: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Members to be put into a unit; without `from_at` from now on. dry_run: only say what would happen."""

    unit_id: str
    members: Sequence[Member]
    from_at: datetime | None = None
    until_at: datetime | None = None
    weight: int = 1
    primary: bool = False
    dry_run: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RowReport:
    """What becomes of one member; rows count from 1.

    code: `ok`, `repeated` (nothing more to do), or what refuses it. unit_id: the unit that stands against it.
    """

    row: int
    kind: MemberKind
    value: str
    member: str | None
    code: str
    detail: str | None = None
    unit_id: str | None = None
    assignment_id: str | None = None

    @property
    def refused(self) -> bool:
        """Whether it stands against the whole command."""
        return self.code not in ("ok", "repeated")


@dataclass(frozen=True, slots=True, kw_only=True)
class Assigned:
    """The report of every row, and the assignments made; none in a dry run."""

    rows: Sequence[RowReport]
    assignments: Sequence[AssignmentRecorded] = ()


_CONFLICTS = frozenset({"number_taken", "already_assigned"})


async def assign(commands: Commands, account_id: str, wanted: Wanted) -> Assigned | Refusal:
    """Put members into a unit, all or none; a refusal carries the report of every row."""
    async with commands.changing(account_id) as connection:
        now = commands.clock()
        from_at = wanted.from_at or now
        if wanted.until_at is not None and wanted.until_at <= from_at:
            return Refusal(code="ends_before_it_begins", says="until_at must be later than from_at.")
        refusal = await _refuse_unit(connection, account_id, wanted)
        if refusal is not None:
            return refusal
        rows = await _rows(connection, account_id, wanted, from_at)
        refused = [row for row in rows if row.refused]
        if refused:
            return _refusal_of_rows(rows, refused)
        if wanted.dry_run:
            return Assigned(rows=rows)
        rows = [replace(row, assignment_id=commands.new_id(now)) if row.code == "ok" else row for row in rows]
        changes = [_assignment(account_id, wanted, row, from_at) for row in rows if row.code == "ok"]
        await record(commands, connection, account_id, changes, now)
        return Assigned(rows=rows, assignments=changes)


async def weigh(
    commands: Commands, account_id: str, assignment_id: str, *, weight: int | None, primary: bool | None
) -> AssignmentRecorded | Refusal:
    """Say with what weight a unit shares a member's uses, or whether it is primary, all the assignment's time."""
    async with commands.changing(account_id) as connection:
        row = await listing.find_assignment(connection, account_id, assignment_id)
        if row is None:
            return Refusal(code="not_found", says="This account has no such assignment.")
        stands = assignment_of(account_id, row)
        weighed = replace(
            stands,
            version=stands.version + 1,
            weight=stands.weight if weight is None else weight,
            primary=stands.primary if primary is None else primary,
        )
        if replace(weighed, version=stands.version) == stands:
            return stands
        await record(commands, connection, account_id, [weighed], commands.clock())
        return weighed


async def release(
    commands: Commands, account_id: str, assignment_id: str, until_at: datetime | None
) -> AssignmentRecorded | Refusal:
    """End an assignment now or at an instant; it may be ended earlier again, never later."""
    async with commands.changing(account_id) as connection:
        row = await listing.find_assignment(connection, account_id, assignment_id)
        if row is None:
            return Refusal(code="not_found", says="This account has no such assignment.")
        now = commands.clock()
        ends_at = until_at or now
        if ends_at < row["from_at"]:
            return Refusal(code="ends_before_it_begins", says="until_at must not be before from_at.")
        if row["until_at"] is not None and row["until_at"] <= ends_at:
            return Refusal(code="already_ended", says=f"It ended at {row['until_at'].isoformat()}.")
        released = replace(assignment_of(account_id, row), version=row["version"] + 1, until_at=ends_at)
        await record(commands, connection, account_id, [released], now)
        return released


def assignment_of(account_id: str, row: listing.Row) -> AssignmentRecorded:
    """A stored assignment as the statement that stands."""
    return AssignmentRecorded(
        account_id=account_id,
        assignment_id=str(row["assignment_id"]),
        version=row["version"],
        unit_id=str(row["unit_id"]),
        member_kind=row["member_kind"],
        member=row["member"],
        from_at=row["from_at"],
        until_at=row["until_at"],
        weight=row["weight"],
        primary=row["primary"],
    )


async def _refuse_unit(connection: Connection, account_id: str, wanted: Wanted) -> Refusal | None:
    unit = await listing.find_unit(connection, account_id, wanted.unit_id)
    if unit is None:
        return no_unit(wanted.unit_id)
    if unit["archived_at"] is not None and (wanted.until_at or FOR_EVER) > unit["archived_at"]:
        return Refusal(
            code="unit_archived",
            says=f"Unit {unit['name']!r} is archived from {unit['archived_at'].isoformat()} on.",
            more={"unit_id": wanted.unit_id},
        )
    return None


async def _rows(connection: Connection, account_id: str, wanted: Wanted, from_at: datetime) -> list[RowReport]:
    """The report of every row, in their order."""
    keys: list[MemberKey] = [(each.kind, each.member) for each in wanted.members if each.member is not None]
    known = await members.list_known_members(connection, account_id, keys, from_at)
    placed = await members.list_members_placements(connection, account_id, keys)
    asked = Placement(
        assignment_id="", unit_id=wanted.unit_id, from_at=from_at, until_at=wanted.until_at or FOR_EVER
    )
    in_the_way: dict[MemberKey, Placement] = {}
    for key, found in placed.items():
        rivals = [other for other in found if key[0] == "number" or other.unit_id == wanted.unit_id]
        if (holder := find_overlap(asked, rivals)) is not None:
            in_the_way[key] = holder
    units = {(account_id, holder.unit_id) for holder in in_the_way.values()}
    names = await directory.list_unit_names(connection, sorted(units))
    rows: list[RowReport] = []
    first: dict[MemberKey, int] = {}
    for index, each in enumerate(wanted.members, start=1):
        report = RowReport(row=index, kind=each.kind, value=each.value, member=each.member, code="ok")
        if each.member is None:
            rows.append(replace(report, code="unreadable", detail=each.says))
            continue
        key = (each.kind, each.member)
        row = first.setdefault(key, index)
        if row != index:
            report = replace(report, code="repeated", detail=f"the same as row {row}")
        elif key not in known:
            report = replace(
                report, code="unknown_member", detail=f"This account has no {each.kind} {each.member}."
            )
        elif key in in_the_way:
            holder = in_the_way[key]
            name = names.get((account_id, holder.unit_id), holder.unit_id)
            report = _in_the_way(report, holder, name, wanted.unit_id)
        rows.append(report)
    return rows


def _in_the_way(report: RowReport, holder: Placement, name: str, unit_id: str) -> RowReport:
    until = "on" if holder.until_at == FOR_EVER else f"until {holder.until_at.isoformat()}"
    says = f"{report.kind} {report.member} is in unit {name!r} from {holder.from_at.isoformat()} {until}"
    if holder.unit_id == unit_id:
        return replace(report, code="already_assigned", detail=f"{says} already.", unit_id=unit_id)
    return replace(report, code="number_taken", detail=f"{says}; release it there first.", unit_id=holder.unit_id)


def _refusal_of_rows(rows: Sequence[RowReport], refused: Sequence[RowReport]) -> Refusal:
    """One row's own refusal when only one was asked for; else that rows stand against it, with all of them."""
    worst = next((row for row in refused if row.code in _CONFLICTS), refused[0])
    unit = {} if worst.unit_id is None else {"unit_id": worst.unit_id}
    if len(rows) == 1:
        return Refusal(code=worst.code, says=worst.detail or worst.code, more=unit | {"rows": rows})
    return Refusal(
        code="rows_taken" if worst.code in _CONFLICTS else "rows_refused",
        says=(
            f"{len(refused)} of {len(rows)} rows cannot be assigned, so nothing was. The first: row {worst.row}, "
            f"{worst.value!r}: {worst.detail}"
        ),
        more=unit | {"rows": rows},
    )


def _assignment(account_id: str, wanted: Wanted, row: RowReport, from_at: datetime) -> AssignmentRecorded:
    assert row.assignment_id is not None and row.member is not None, "a row without refusal has both"
    return AssignmentRecorded(
        account_id=account_id,
        assignment_id=row.assignment_id,
        version=1,
        unit_id=wanted.unit_id,
        member_kind=row.kind,
        member=row.member,
        from_at=from_at,
        until_at=wanted.until_at,
        weight=wanted.weight,
        primary=wanted.primary,
    )
