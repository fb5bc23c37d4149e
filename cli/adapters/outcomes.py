"""What every adapter answers: legs to publish, and findings that name rows and say why."""

from dataclasses import dataclass
from enum import Enum

from contracts.events.call import CallDetailRecord, Direction


class FileRefused(Exception):
    """The file as a whole cannot be read with these options; the message says what, where and what to do."""


class Weight(Enum):
    """What a finding means for its rows."""

    FREE = "costs nothing"
    PROBLEM = "not published"
    NOTE = "published"


class Reason(Enum):
    """Why rows are named. The value is (key, sentence, weight); the sentence stands in the summary."""

    INTERNAL = ("internal", "between own extensions or inside the platform", Weight.FREE)
    CONFERENCE = ("conference", "conference row naming another party's trunk", Weight.FREE)
    OWN_SIDE = ("own_side", "the own side of a leg that is in this file", Weight.FREE)
    RECORDER = ("recorder", "the copy of a call to a recorder", Weight.FREE)
    SUPERSEDED = ("superseded", "an earlier version of a record in this file, or the same again", Weight.FREE)
    UNREADABLE_ROW = ("unreadable_row", "the row cannot be read", Weight.PROBLEM)
    UNKNOWN_TRUNK = ("unknown_trunk", "an endpoint like a carrier's that --trunk does not name", Weight.PROBLEM)
    UNDIALLED_TRUNK = ("undialled_trunk", "names a trunk its dial string does not dial", Weight.PROBLEM)
    OWN_CONFERENCE = (
        "own_conference",
        "conference row of a trunk its own call dialled; its seconds are not added to that leg",
        Weight.PROBLEM,
    )
    DIALLED_NUMBER = ("dialled_number", "the dialled number is not a telephone number", Weight.PROBLEM)
    DIRECTION_UNTOLD = ("direction_untold", "nothing tells whether it came in or went out", Weight.PROBLEM)
    STILL_OPEN = ("still_open", "still open; import it again when it has ended", Weight.PROBLEM)
    GOES_ON = ("goes_on", "goes on from a record that is not in this file", Weight.PROBLEM)
    MESSAGE = ("message", "a message: not a call", Weight.PROBLEM)
    NOT_A_CALL = ("not_a_call", "neither a call nor a message", Weight.PROBLEM)
    UNKNOWN_KIND = ("unknown_kind", "of a kind that this import does not know", Weight.PROBLEM)
    INVALID_RECORD = ("invalid_record", "breaks the contract of call records", Weight.PROBLEM)
    UNKNOWN_COLUMN = ("unknown_column", "columns this import does not know and does not use", Weight.NOTE)
    STRAY = ("stray", "local time strays from the epoch in uniqueid", Weight.NOTE)
    QUOTING = ("quoting", "broken quoting, read with closing quotes only before a comma or line end", Weight.NOTE)
    SENT_DIFFERS = ("sent_differs", "dst is not the number really sent", Weight.NOTE)
    STRIPPED = ("stripped", "a --strip prefix was taken off the number sent", Weight.NOTE)
    BARE_INTERNATIONAL = (
        "bare_international",
        "no number of the region; read as an international number without its prefix",
        Weight.NOTE,
    )
    FAILOVER = ("failover", "failed attempt before another trunk was tried", Weight.NOTE)
    CALLER_NUMBER = (
        "caller_number",
        "the caller's number is not a telephone number; kept as withheld",
        Weight.NOTE,
    )
    NO_OWN_NUMBER = ("no_own_number", "no own number in the row; the user decides who owes", Weight.NOTE)

    def __init__(self, key: str, sentence: str, weight: Weight) -> None:
        self.key = key
        self.sentence = sentence
        self.weight = weight


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One call leg to publish, and the row numbers it was read from (1 is the file's first line).

    event_id and source are set only where the file itself names them (CloudEvents lines).
    """

    rows: tuple[int, ...]
    record: CallDetailRecord
    event_id: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Rows that are not published, or published with something worth knowing.

    direction and billed_s are set when the rows are a chargeable leg that could not be published.
    """

    rows: tuple[int, ...]
    reason: Reason
    detail: str = ""
    direction: Direction | None = None
    billed_s: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneFound:
    """How the given zone compares with the epochs in the file.

    commonest_offset_min: the commonest difference of local time and epoch to 15 minutes, None when no row
    carries an epoch. rows_checked: rows that carry one.
    """

    zone: str
    commonest_offset_min: int | None
    rows_checked: int


Outcome = Leg | Finding | ZoneFound
