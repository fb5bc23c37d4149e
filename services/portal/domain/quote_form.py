"""What somebody types to know what a call would cost, read into what usage_rating is asked."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from contracts.values.phone import is_e164

WITHHELD = "withheld"
LONGEST_S = 86_400
DIRECTIONS = {"outbound": "We call", "inbound": "They call us"}
CHANNELS = {
    "manual": "by hand",
    "click_to_call": "by a click",
    "dialer": "by the dialer",
    "queue_callback": "as a callback from a queue",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteForm:
    """The fields as they were typed. number: of the other side; own_number: ours, where we were called."""

    direction: str = "outbound"
    channel: str = "manual"
    number: str = ""
    own_number: str = ""
    day: str = ""
    clock: str = ""
    seconds: str = "60"

    def read(self, zone: ZoneInfo) -> dict[str, Any] | list[str]:
        """The body of a quote, or a sentence for each field that cannot be read. zone: of day and time."""
        problems = []
        inbound = self.direction == "inbound"
        number, own_number = _digits(self.number), _digits(self.own_number)
        if not is_e164(number) and not (inbound and number in ("", WITHHELD)):
            problems.append("Say the number in full, with + and the country, such as +4930123456.")
        if own_number and not is_e164(own_number):
            problems.append("Say our number in full, with + and the country, or leave it empty.")
        answered_at = _instant(self.day, self.clock, zone)
        if answered_at is None:
            problems.append("Say the day and the time at which the call is answered, such as 2026-11-02 and 10:30.")
        seconds = int(self.seconds) if self.seconds.isascii() and self.seconds.isdigit() else -1
        if not 0 <= seconds <= LONGEST_S:
            problems.append(f"Say whole seconds from 0 to {LONGEST_S}.")
        if problems or answered_at is None:
            return problems
        body: dict[str, Any] = {
            "direction": "inbound" if inbound else "outbound",
            "other_party": number or WITHHELD,
            "answered_at": answered_at.astimezone(UTC).isoformat(),
            "duration_ms": seconds * 1000,
        }
        if own_number:
            body["own_number"] = own_number
        if not inbound and self.channel in CHANNELS:
            body["channel"] = self.channel
        return body


def read_quote_form(field: Callable[[str], str], now: datetime) -> QuoteForm:
    """The form as the query has it. now: in the account's zone; day and time that are not said are its own."""
    return QuoteForm(
        direction=field("direction") or "outbound",
        channel=field("channel") or "manual",
        number=field("number").strip(),
        own_number=field("own_number").strip(),
        day=field("day") or f"{now:%Y-%m-%d}",
        clock=field("clock") or f"{now:%H:%M}",
        seconds=field("seconds").strip() or "60",
    )


def _digits(text: str) -> str:
    """Without the marks people write between digits."""
    return "".join(letter for letter in text if letter not in " -/.()")


def _instant(day: str, clock: str, zone: ZoneInfo) -> datetime | None:
    """The first instant at which the zone's clock shows so; None for a text that is no day or no time."""
    try:
        return datetime.combine(date.fromisoformat(day), time.fromisoformat(clock), zone)
    except ValueError:
        return None
