"""Turns what was measured into a table for people and into JSON for machines."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from tests.bench.machine import QUIET_LOAD, Machine
from tests.bench.memory import Memory
from tests.bench.runs import Part
from tests.bench.window import Window

EXPECTED_PER_S = 15_000
EXPECTED_SHARE = 0.35
AIM_SHARE = 0.5
EXPECTED_GROWTH = 1.05
EXPECTED_MIB = 300
NAMES = {
    Part.CEILING: "(a) ceiling",
    Part.USAGE_RATING: "(b) usage_rating",
    Part.BILLING_UNITS: "(c) billing_units",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """The median run of a part, quantity by quantity. CPU in microseconds per event."""

    runs: int
    events_per_s: float
    slowest_per_s: float
    fastest_per_s: float
    python_us: float
    postgres_us: float
    broker_us: float

    @property
    def total_us(self) -> float:
        return self.python_us + self.postgres_us + self.broker_us


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """Everything a benchmark found out."""

    machine: Machine
    plan: str
    calls: int
    members: int
    speeds: Mapping[Part, Speed]
    memories: Sequence[Memory]

    def share_of_ceiling(self, part: Part) -> float | None:
        """Events per second as a share of the ceiling's; None without a ceiling."""
        ceiling = self.speeds.get(Part.CEILING)
        return None if ceiling is None else self.speeds[part].events_per_s / ceiling.events_per_s

    def cpu_share_of_ceiling(self, part: Part) -> float | None:
        """The ceiling's CPU per event as a share of the part's: what the ratio would be if CPU alone decided."""
        ceiling = self.speeds.get(Part.CEILING)
        return None if ceiling is None else ceiling.total_us / self.speeds[part].total_us


def speed_of(windows: Sequence[Window]) -> Speed:
    """Medians over runs."""
    rates = [window.events_per_s for window in windows]
    return Speed(
        runs=len(windows),
        events_per_s=median(rates),
        slowest_per_s=min(rates),
        fastest_per_s=max(rates),
        python_us=median(window.cpu.python / window.events * 1e6 for window in windows),
        postgres_us=median(window.cpu.postgres / window.events * 1e6 for window in windows),
        broker_us=median(window.cpu.broker / window.events * 1e6 for window in windows),
    )


def as_json(findings: Findings) -> dict[str, Any]:
    """All figures under plain names."""
    return {
        "machine": asdict(findings.machine) | {"quiet": findings.machine.is_quiet},
        "plan": findings.plan,
        "calls": findings.calls,
        "members": findings.members,
        "speed": {
            part.value: asdict(speed)
            | {
                "total_us": speed.total_us,
                "share_of_ceiling": findings.share_of_ceiling(part),
                "cpu_share_of_ceiling": findings.cpu_share_of_ceiling(part),
            }
            for part, speed in findings.speeds.items()
        },
        "memory": [asdict(memory) | {"growth": memory.growth} for memory in findings.memories],
    }


def show(findings: Findings, console: Console) -> None:
    """Machine, speeds, memory, and how they stand to what is expected."""
    machine = findings.machine
    console.print(
        f"{machine.processor}, {machine.cores} cores, {machine.memory_gib} GiB · {machine.python} · "
        f"PostgreSQL {machine.postgres} · Kafka {machine.kafka}\n"
        f"{findings.plan} · {findings.calls:,} calls · one account · {_settings(machine)} · "
        f"{findings.members} {'member' if findings.members == 1 else 'members'} of each service"
    )
    if not machine.is_quiet:
        console.print(
            f"[yellow]The machine was not quiet: load average {machine.load:.2f} before the start "
            f"(above {QUIET_LOAD}). Trust CPU per event, not events per second.[/]"
        )
    if findings.speeds:
        console.print(_speed_table(findings))
        console.print(_spreads(findings))
    if findings.memories:
        console.print(_memory_table(findings))


def _speed_table(findings: Findings) -> Table:
    runs = max(speed.runs for speed in findings.speeds.values())
    table = Table(
        title=f"Median of {runs} {'run' if runs == 1 else 'runs'}; processor time in µs per event",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        caption=f"(b): {EXPECTED_PER_S:,} events/s and {EXPECTED_SHARE} of (a) expected, {AIM_SHARE} aimed at",
    )
    table.add_column("", no_wrap=True)
    for name in ("events/s", "of (a)", "Python", "Postgres", "broker", "sum", "(a)*"):
        table.add_column(name, justify="right", no_wrap=True)
    for part, speed in findings.speeds.items():
        table.add_row(
            NAMES[part],
            f"{speed.events_per_s:,.0f}",
            _share(findings.share_of_ceiling(part)),
            f"{speed.python_us:.1f}",
            f"{speed.postgres_us:.1f}",
            f"{speed.broker_us:.1f}",
            f"{speed.total_us:.1f}",
            _share(findings.cpu_share_of_ceiling(part)),
        )
    return table


def _spreads(findings: Findings) -> str:
    spreads = [
        f"{NAMES[part]} {speed.slowest_per_s:,.0f} to {speed.fastest_per_s:,.0f}"
        for part, speed in findings.speeds.items()
    ]
    return (
        f"events/s, slowest to fastest run: {'; '.join(spreads)}\n"
        "* by processor time alone: the sum of (a) over the sum of this part"
    )


def _memory_table(findings: Findings) -> Table:
    calls = findings.calls
    table = Table(title="Resident memory of one process, MiB", box=SIMPLE_HEAD, pad_edge=False)
    for name in ("", f"at {calls // 4:,}", f"at {calls:,}", "growth", "at most"):
        table.add_column(name, justify="left" if not name else "right")
    for memory in findings.memories:
        table.add_row(
            memory.service,
            f"{memory.early_mib:.0f}",
            f"{memory.late_mib:.0f}",
            f"{memory.growth:.3f}",
            f"{memory.peak_mib:.0f}",
        )
    table.caption = f"expected: growth at most {EXPECTED_GROWTH}, under {EXPECTED_MIB} MB"
    return table


def _settings(machine: Machine) -> str:
    return " · ".join(
        f"{service}: batches of {knobs['batch_max_records']:,}, {knobs['batch_workers']} at once"
        for service, knobs in machine.settings.items()
    )


def _share(share: float | None) -> str:
    return "" if share is None else f"{share:.2f}"
