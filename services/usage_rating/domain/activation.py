"""Which version of which plan prices an account's calls at an instant."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """From `effective_at` on, the account (None: every account without a plan of its own) is rated by it.

    activation_id breaks the tie of two activations of one instant: ids are UUIDv7, so the one accepted
    later is the greater.
    """

    activation_id: str
    plan_id: str
    plan_version: int
    effective_at: datetime
    account_id: str | None = None


class Activations:
    """The activations that stand, ready to be asked for every call."""

    __slots__ = ("_of",)

    def __init__(self, activations: Iterable[Activation]) -> None:
        grouped: dict[str | None, list[Activation]] = {}
        for activation in sorted(activations, key=lambda one: (one.effective_at, one.activation_id)):
            grouped.setdefault(activation.account_id, []).append(activation)
        self._of = {key: ([one.effective_at for one in group], group) for key, group in grouped.items()}

    def at(self, account_id: str, instant: datetime) -> Activation | None:
        """The latest activation of the account at the instant, else the latest default one, else None."""
        for key in (account_id, None):
            if group := self._of.get(key):
                instants, activations = group
                if position := bisect_right(instants, instant):
                    return activations[position - 1]
        return None


def plan_at(activations: Iterable[Activation], account_id: str, instant: datetime) -> Activation | None:
    """The activation that applies; build `Activations` once where many calls are asked for."""
    return Activations(activations).at(account_id, instant)
