"""Plays the month through the running services: prices, people, calls; each step waits until it has arrived."""

from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from cli.demo.centre import ACCOUNT_ID, Centre
from cli.demo.month import Month
from cli.demo.passage import Fates, Passage
from cli.demo.prices import (
    INBOUND_PER_MINUTE,
    PER_DETECTION,
    PER_SMS_SEGMENT,
    PLAN_NAME,
    RECORDING_PER_MINUTE,
    deck_csv,
)
from cli.demo.records import call_record, directory_records, usage_record
from cli.plan_activation import Activation, activate
from cli.publishing import publish
from services.usage_rating.domain.deck import DeckTerms, read_deck
from services.usage_rating.domain.messages import SMS, ChannelPrices
from services.usage_rating.domain.minutes import MinutePrice
from services.usage_rating.domain.plan import RatePlan
from services.usage_rating.domain.prices import Price
from services.usage_rating.domain.problems import Problems
from services.usage_rating.domain.use_prices import UsePrices

PLAN_ID = "demo-prices"


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """How many call records were published and what became of them, and how many other uses with them."""

    calls: int
    fates: Fates
    uses: int

    @property
    def sentence(self) -> str:
        """Played, new and repeated; whatever else became of records only where it did."""
        fates = self.fates
        others = (
            (fates.conflict, "in conflict"),
            (fates.suspense, "in suspense"),
            (fates.dead_letter, "dead-lettered"),
        )
        parts = [f"{fates.accepted:,} new", f"{fates.duplicate:,} duplicates"]
        parts += [f"{count:,} {name}" for count, name in others if count]
        every = " Every call was a duplicate: nothing changed." if fates.duplicate == self.calls else ""
        with_them = f" With them {self.uses:,} recordings, detections and texts."
        return f"{self.calls:,} call records played: {', '.join(parts)}.{every}{with_them}"


def put_prices_in_force(data: Path) -> Activation:
    """The demo's price list for the demo's account; left as it is when it is in force already."""
    return activate(prices_plan(), ACCOUNT_ID, data=data)


def prices_plan() -> RatePlan:
    """The demo's price list as a plan."""
    inbound = Price(per_minute=INBOUND_PER_MINUTE, initial_increment_s=1, increment_s=1)
    plan = read_deck(deck_csv(), DeckTerms(plan_id=PLAN_ID, name=PLAN_NAME, inbound=inbound))
    assert not isinstance(plan, Problems), f"the demo's own prices are wrong: {plan.items[0]}"
    uses = UsePrices(
        messages={SMS: ChannelPrices(otherwise=PER_SMS_SEGMENT)},
        detection=PER_DETECTION,
        recording=MinutePrice(per_minute=RECORDING_PER_MINUTE, initial_increment_s=60, increment_s=60),
    )
    return replace(plan, uses=uses)


async def play_directory(passage: Passage, bootstrap_servers: str, centre: Centre) -> None:
    """Publish the directory and wait until every service has adopted it.

    A call is charged to who holds its number when it is allocated, so all units are there before the first
    call. Raises PublishError or Standstill.
    """
    await publish(bootstrap_servers, directory_records(centre))
    await passage.settle()


async def play_calls(passage: Passage, bootstrap_servers: str, month: Month, progress: Progress) -> Played:
    """Publish the calls and what comes with them, then wait until all are in the unit costs; two bars.

    Raises as `play_directory`.
    """
    total = len(month.records)
    sent = progress.add_task("Calls to Kafka", total=total)
    through = progress.add_task("Calls in unit costs", total=total, start=False)
    before = await passage.ends_of_calls()
    await publish(
        bootstrap_servers,
        (call_record(told) for told in month.records),
        on_confirmed=lambda chunk: progress.advance(sent, len(chunk)),
    )
    await publish(bootstrap_servers, (usage_record(told) for told in month.uses))
    after = await passage.ends_of_calls()
    progress.start_task(through)
    reached = 0

    def show(remaining: int) -> None:
        nonlocal reached
        reached = max(reached, total - remaining)
        progress.update(through, completed=reached)

    await passage.settle(on_remaining=show)
    return Played(calls=total, fates=await passage.fates(before, after), uses=len(month.uses))


def progress_on(console: Console) -> Progress:
    """The progress bars of the demo; what does not fit a terminal is left out by Rich itself."""
    return Progress(
        TextColumn("{task.description:<20}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    )
