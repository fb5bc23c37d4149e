"""`ringledger units import`: members of many billing units from a CSV."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.asking import Row, in_options, moment, unit_named
from cli.commands.units.assigning import ROWS_SHOWN, refused_rows
from cli.failures import BAD_INPUT, INFRASTRUCTURE, fail
from cli.moves import merged, print_preview
from cli.options import AccountOption, DryRunOption, JsonOption
from cli.printing import print_json

if TYPE_CHECKING:
    from cli.member_file import MemberLine

COLUMNS = {"from_at": "from", "until_at": "until"}
ALREADY = "already_assigned"
FileArgument = Annotated[Path, typer.Argument(help="CSV: unit,kind,member[,from][,until].", show_default=False)]
SkipOption = Annotated[bool, typer.Option("--skip-assigned", help="Leave out who is in that unit already.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Lines that go into one unit for one time: one command of the API, all or none."""

    unit: Row
    from_at: str | None
    until_at: str | None
    lines: "Sequence[MemberLine]"

    @property
    def path(self) -> str:
        """Where its members are."""
        return f"/api/v1/billing-units/{self.unit['unit_id']}/members"

    def body(self) -> dict[str, Any]:
        """As the API takes it: users, teams, numbers, in whose order its rows are told of."""
        members = {f"{kind}s": [line.member for line in self._of(kind)] for kind in ("user", "team", "number")}
        return {**members, "from_at": self.from_at, "until_at": self.until_at}

    def ordered(self) -> "list[MemberLine]":
        """The lines in the order of the API's rows."""
        return [line for kind in ("user", "team", "number") for line in self._of(kind)]

    def _of(self, kind: str) -> "list[MemberLine]":
        return [line for line in self.lines if line.kind == kind]


def import_(
    file: FileArgument,
    account: AccountOption,
    skip_assigned: SkipOption = False,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Put the members of a CSV into their billing units, once every line of it is good.

    Examples:

    $ ringledger units import members.csv --account harbour-care --dry-run

    $ ringledger units import members.csv --account harbour-care

    The first line names the columns; kind is number, user or team; a day or an instant, or nothing, in the others:

      unit,kind,member,from,until

      Claims,number,+442079460018,2026-10-01,

      Sales,user,ada,,

    Units must exist. Run again after an interruption with --skip-assigned.
    """
    groups = _good(file, account, skip_assigned=skip_assigned)
    if dry_run:
        previews = [_post(account, f"{group.path}/preview", group) for group in groups]
        print_preview(account, merged(previews), as_json=as_json)
        return
    done = [
        {"unit_id": group.unit["unit_id"], "name": group.unit["name"], "assigned": made["assigned"]}
        for group in groups
        for made in (_post(account, group.path, group),)
    ]
    if as_json:
        print_json({"assigned": sum(one["assigned"] for one in done), "units": done})
        return
    for one in done:
        typer.echo(f"{one['assigned']:,} assigned to {one['name']}")
    if not done:
        typer.echo("nothing to do: all of them are assigned already")


def _good(file: Path, account: str, *, skip_assigned: bool) -> list[Group]:
    """What the file has to do, once nothing in it is wrong; else the end of the command."""
    groups = _groups(file, account)
    problems, good = _in_two_units(groups), []
    for group in groups:
        left, says = _checked(account, group, skip_assigned=skip_assigned)
        problems += says
        if left.lines:
            good.append(left)
    if problems:
        _refuse(file, problems)
    return good


def _groups(file: Path, account: str) -> list[Group]:
    """The lines of the file by unit and time, or the end of the command."""
    from cli.member_file import HeaderRefused, LineProblem, read_members

    try:
        with file.open(newline="", encoding="utf-8-sig") as opened:
            read = list(read_members(opened))
    except HeaderRefused as error:
        fail(f"{file}: {error}", code=BAD_INPUT)
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        fail(f"{file} cannot be read: {why}; give the path of a CSV in UTF-8", code=BAD_INPUT)
    problems = [f"line {one.line}: {one.says}" for one in read if isinstance(one, LineProblem)]
    if problems:
        _refuse(file, problems)
    lines = [one for one in read if not isinstance(one, LineProblem)]
    if not lines:
        fail(f"{file} names no member", code=BAD_INPUT)
    units = {name: unit_named(account, name) for name in dict.fromkeys(line.unit for line in lines)}
    by_time: dict[tuple[str, str | None, str | None], list[MemberLine]] = {}
    for line in lines:
        by_time.setdefault((units[line.unit]["unit_id"], line.from_, line.until), []).append(line)
    return [
        Group(
            unit=units[mine[0].unit],
            from_at=moment(account, from_, f"line {mine[0].line}: from"),
            until_at=moment(account, until, f"line {mine[0].line}: until"),
            lines=mine,
        )
        for (_, from_, until), mine in by_time.items()
    ]


def _in_two_units(groups: Sequence[Group]) -> list[str]:
    """Numbers that two groups would have at once: a number is in one unit at a time."""
    held: dict[str, list[tuple[int, str, str, int]]] = {}
    problems = []
    for place, group in enumerate(groups):
        begins, ends = group.from_at or "", group.until_at or "~"
        for line in group.lines:
            if line.kind != "number":
                continue
            spans = held.setdefault("".join(filter(str.isdigit, line.member)), [])
            clash = next(
                (number for at, start, end, number in spans if at != place and start < ends and begins < end), None
            )
            if clash is not None:
                problems.append(
                    f"line {line.line}: {line.member} is in a unit at that time by line {clash} already"
                )
            spans.append((place, begins, ends, line.line))
    return problems


def _checked(account: str, group: Group, *, skip_assigned: bool) -> tuple[Group, list[str]]:
    """What of the group is left to do, and what is wrong with its lines; nothing is changed."""
    from dataclasses import replace

    from cli.service_api import Refused, post
    from cli.stack.processes import StackError

    try:
        post("billing_units", group.path, account, group.body(), params={"dry_run": "true"})
    except StackError as error:
        fail(str(error), code=INFRASTRUCTURE)
    except Refused as error:
        lines, refused = group.ordered(), refused_rows(error.rows)
        if not refused:
            fail(f"line {lines[0].line}: {in_options(str(error), COLUMNS)}", code=BAD_INPUT)
        there = {row["row"] for row in refused if skip_assigned and row["code"] == ALREADY}
        left = [line for number, line in enumerate(lines, start=1) if number not in there]
        says = [f"line {lines[row['row'] - 1].line}: {row['detail']}" for row in refused if row["row"] not in there]
        return replace(group, lines=left), says
    return group, []


def _post(account: str, path: str, group: Group) -> Any:
    """What billing_units answers to the group; a refusal ends the command, what was done before it stands."""
    from cli.service_api import Refused, post
    from cli.stack.processes import StackError

    try:
        return post("billing_units", path, account, group.body())["data"]
    except (Refused, StackError) as error:
        code = BAD_INPUT if isinstance(error, Refused) else INFRASTRUCTURE
        fail(
            f"{group.unit['name']}: {error}; units before it in the file are done: run again with --skip-assigned",
            code=code,
        )


def _refuse(file: Path, problems: Sequence[str]) -> None:
    for says in problems[:ROWS_SHOWN]:
        typer.echo(f"{file}, {says}", err=True)
    if len(problems) > ROWS_SHOWN:
        typer.echo(f"… and {len(problems) - ROWS_SHOWN:,} more", err=True)
    plural = "line is" if len(problems) == 1 else "lines are"
    fail(f"{len(problems):,} {plural} wrong; nothing was assigned", code=BAD_INPUT)
