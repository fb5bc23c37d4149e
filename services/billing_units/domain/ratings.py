"""One rating of a use and its reversal meet in any order: what is to be done when either comes."""

from enum import Enum
from typing import Literal

State = Literal["allocated", "reversed", "reversal_waiting"]


class Step(Enum):
    """What a rating or a reversal asks for."""

    CHARGE = "charge"
    CHARGE_AND_TAKE_BACK = "charge_and_take_back"
    """The reversal was here first and waited."""
    TAKE_BACK = "take_back"
    WAIT = "wait"
    """A reversal whose original has not come."""
    REPEAT = "repeat"
    """Known already: nothing to do."""


_STEPS: dict[tuple[State | None, bool], tuple[Step, State]] = {
    (None, False): (Step.CHARGE, "allocated"),
    (None, True): (Step.WAIT, "reversal_waiting"),
    ("allocated", False): (Step.REPEAT, "allocated"),
    ("allocated", True): (Step.TAKE_BACK, "reversed"),
    ("reversal_waiting", False): (Step.CHARGE_AND_TAKE_BACK, "reversed"),
    ("reversal_waiting", True): (Step.REPEAT, "reversal_waiting"),
    ("reversed", False): (Step.REPEAT, "reversed"),
    ("reversed", True): (Step.REPEAT, "reversed"),
}


def next_step(state: State | None, *, is_reversal: bool) -> tuple[Step, State]:
    """(what to do, the state after it); both orders of arrival end in the same state with the same charges."""
    return _STEPS[state, is_reversal]
