"""One rating of a use and its reversal meet in any order: what is to be done when either comes."""

from enum import Enum
from typing import Literal

State = Literal["allocated", "reversed", "reversal_waiting", "call_awaited"]


class Step(Enum):
    """What a rating or a reversal asks for."""

    CHARGE = "charge"
    CHARGE_AND_TAKE_BACK = "charge_and_take_back"
    """The reversal was here first and waited."""
    AWAIT_CALL = "await_call"
    """A use that follows a call: a job finds who owes it, where the call is."""
    CHARGE_NOBODY_AND_TAKE_BACK = "charge_nobody_and_take_back"
    """The reversal of a use that still awaits its call."""
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
    ("call_awaited", False): (Step.REPEAT, "call_awaited"),
    ("call_awaited", True): (Step.CHARGE_NOBODY_AND_TAKE_BACK, "reversed"),
    ("reversal_waiting", False): (Step.CHARGE_AND_TAKE_BACK, "reversed"),
    ("reversal_waiting", True): (Step.REPEAT, "reversal_waiting"),
    ("reversed", False): (Step.REPEAT, "reversed"),
    ("reversed", True): (Step.REPEAT, "reversed"),
}


def next_step(state: State | None, *, is_reversal: bool, follows_call: bool = False) -> tuple[Step, State]:
    """(what to do, the state after it); both orders of arrival end in the same state, with charges of one sum."""
    if follows_call and state is None and not is_reversal:
        return Step.AWAIT_CALL, "call_awaited"
    return _STEPS[state, is_reversal]
