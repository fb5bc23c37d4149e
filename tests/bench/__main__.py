"""`python -m tests.bench`: the pure core, the ceiling, the services and their memory, on this machine."""

import argparse
import asyncio
import json
import logging
import sys

from rich.console import Console

from chassis.clock import system_clock
from tests.bench.ground import ground
from tests.bench.machine import Machine, this_machine
from tests.bench.memory import Memory, measure_memory
from tests.bench.offline import measure_core, show_core
from tests.bench.plan import BenchPlan, bench_plan
from tests.bench.report import Findings, as_json, show, speed_of
from tests.bench.runs import Order, Part, lay_out, run_once
from tests.bench.subjects import BILLING_UNITS
from tests.bench.window import Window

SPEED_CALLS = 200_000
MEMBERS = 2
MEMORY_CALLS = 2_000_000
MEMORY = "memory"
OFFLINE = "offline"


def options() -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument(
        "--calls", type=int, help=f"calls of a run; {SPEED_CALLS:,} for speed, {MEMORY_CALLS:,} for memory"
    )
    parser.add_argument("--runs", type=int, default=5, help="runs whose median is told (default 5)")
    parser.add_argument(
        "--members",
        type=int,
        default=MEMBERS,
        help=f"processes of each service (default {MEMBERS}, one for a core)",
    )
    alone = [part.value for part in Part] + [MEMORY, OFFLINE]
    parser.add_argument("--only", choices=alone, help="measure this alone")
    parser.add_argument("--json", action="store_true", help="JSON on the standard output, the table on the other")
    return parser.parse_args()


async def measure(asked: argparse.Namespace, machine: Machine, plan: BenchPlan, notes: Console) -> Findings:
    """Start broker and database, lay out the calls, and measure what was asked for."""
    memory_alone = asked.only == MEMORY
    order = Order(
        parts=parts_of(asked.only, notes),
        calls=asked.calls or (MEMORY_CALLS if memory_alone else SPEED_CALLS),
        members=asked.members,
        plan=plan.plan,
    )
    runs: list[dict[Part, Window]] = []
    memories: list[Memory] = []
    notes.print(f"Starting broker and database, publishing {order.calls:,} calls …")
    with ground() as standing:
        template = await lay_out(standing, order, system_clock)
        if memory_alone:
            memories = await measure_memory(standing, order, template, notes.print)
        else:
            for number in range(1, asked.runs + 1):
                notes.print(f"Run {number} of {asked.runs}")
                runs.append(await run_once(standing, order, template, notes.print))
    return Findings(
        machine=machine,
        plan=plan.described,
        calls=order.calls,
        members=order.members,
        speeds={part: speed_of([run[part] for run in runs]) for part in order.parts} if runs else {},
        memories=memories,
    )


def parts_of(only: str | None, notes: Console) -> list[Part]:
    """The parts to measure; memory is measured of every service."""
    if only not in (None, MEMORY):
        return [Part(only)]
    if BILLING_UNITS.exists:
        return list(Part)
    notes.print("billing_units does not exist yet: it is left out.")
    return [part for part in Part if part is not Part.BILLING_UNITS]


def main() -> None:
    """Measure and tell."""
    asked = options()
    notes = Console(stderr=True, highlight=False)
    # It warns of every partition whose leader is still being chosen, and then tries again by itself.
    logging.getLogger("aiokafka").setLevel(logging.ERROR)
    machine, plan = this_machine(), bench_plan()
    if asked.only in (None, OFFLINE):
        show_core(measure_core(plan.plan), notes)
    if asked.only == OFFLINE:
        return
    findings = asyncio.run(measure(asked, machine, plan, notes))
    show(findings, notes if asked.json else Console(highlight=False))
    if asked.json:
        sys.stdout.write(json.dumps(as_json(findings), indent=2) + "\n")


if __name__ == "__main__":
    main()
