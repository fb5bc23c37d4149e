"""The summary of an import as people read it in a terminal."""

from pathlib import Path

from rich.console import Console
from rich.table import Table

from cli.adapters.asterisk.zone import offset_text
from cli.adapters.outcomes import Reason, Weight
from cli.adapters.summary import Summary, first_rows

_HEADINGS = (
    (Weight.PROBLEM, "Not published", "yellow"),
    (Weight.NOTE, "Published, worth knowing", "cyan"),
    (Weight.FREE, "Costs nothing, not published", "dim"),
)


def show(summary: Summary, *, console: Console, dry_run: bool, report: Path | None) -> None:
    """Prints rows, legs, the zone found, and each reason with its first rows."""
    done = "dry run, nothing published" if dry_run else f"{summary.published:,} legs published"
    console.print(f"{summary.rows:,} rows read, {len(summary.calls):,} calls with legs; {done}", highlight=False)
    console.print(_legs(summary))
    console.print(_zone(summary), highlight=False)
    for weight, heading, colour in _HEADINGS:
        listed = summary.listed(weight)
        if listed:
            table = Table("rows", heading, "first rows", box=None, pad_edge=False, header_style=colour)
            for reason, found in listed:
                table.add_row(f"{sum(len(one.rows) for one in found):,}", reason.sentence, first_rows(found))
            console.print(table)
    seconds = sum(finding.billed_s for _, found in summary.listed(Weight.PROBLEM) for finding in found)
    if seconds:
        console.print(f"{seconds:,} billed seconds are in legs that could not be published.", style="red")
    if summary.findings:
        where = f"All rows with details: {report}" if report else "--report FILE writes all rows with details."
        console.print(where, highlight=False)


def _legs(summary: Summary) -> Table:
    table = Table("legs", "found", "answered", "seconds", "publishable", box=None, pad_edge=False)
    for direction, count in summary.legs.items():
        if count.found or direction != "internal":
            cells = (count.found, count.answered, count.billed_ms // 1000, count.publishable)
            table.add_row(direction, *(f"{cell:,}" for cell in cells))
    for column in table.columns[1:]:
        column.justify = "right"
    return table


def _zone(summary: Summary) -> str:
    parties = f"{len(summary.own_numbers)} own numbers, {len(summary.users)} users; {summary.linked} linked legs."
    zone = summary.zone
    if zone is None:
        return parties
    if zone.commonest_offset_min is None:
        return f"Zone {zone.zone} taken as given: no uniqueid carries an epoch to compare with. {parties}"
    strays = len(summary.findings.get(Reason.STRAY, []))
    return (
        f"Zone {zone.zone} agrees with the epochs of {zone.rows_checked - strays:,} of {zone.rows_checked:,} rows "
        f"({offset_text(zone.commonest_offset_min)}). {parties}"
    )
