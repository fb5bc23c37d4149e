"""Which fault happens when: drawn from a seed, every kind in every run, harder ones once in a while."""

import random
from dataclasses import dataclass
from enum import Enum


class FaultKind(Enum):
    """What is done to the system."""

    KILL = "kill -9 of a member"
    PAUSE = "member stopped past the session time-out"
    DATABASE = "database crash-stop and restart"
    BROKER = "broker kill -9 and restart"
    SCALE_UP = "members 1 → 3"
    SCALE_DOWN = "members 3 → 1, stopped in order"
    KILL_WITHOUT_DATABASE = "member killed while the database is down"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault. service: whose member is hit, or that is scaled. down_s: how long a server stays away."""

    kind: FaultKind
    service: str
    down_s: float


ACT_OF = (
    FaultKind.PAUSE,
    FaultKind.KILL,
    FaultKind.DATABASE,
    FaultKind.PAUSE,
    FaultKind.BROKER,
    FaultKind.KILL,
)
"""What happens between scaling a service up and down again; one kill at random is the harder kind."""


def draw_schedule(seed: int, count: int, services: tuple[str, ...]) -> list[Fault]:
    """`count` faults in acts: a service is scaled to three, suffers in a drawn order, and is scaled down."""
    draw = random.Random(f"faults {seed}")
    faults: list[Fault] = []
    act = 0
    while len(faults) < count:
        service = services[act % len(services)]
        middle = list(ACT_OF)
        draw.shuffle(middle)
        if act % 2:
            middle[middle.index(FaultKind.KILL)] = FaultKind.KILL_WITHOUT_DATABASE
        for repeated in (FaultKind.KILL, FaultKind.PAUSE):
            if count < len(middle) + 2:
                middle.remove(repeated)
        for kind in (FaultKind.SCALE_UP, *middle, FaultKind.SCALE_DOWN):
            hit = service if kind is not FaultKind.KILL else draw.choice(services)
            faults.append(Fault(kind=kind, service=hit, down_s=draw.uniform(0.3, 2.5)))
        act += 1
    return faults if len(faults) == count else _cut(faults, count)


def _cut(faults: list[Fault], count: int) -> list[Fault]:
    """The first `count`, ending with a service scaled down again."""
    down = next(n for n in range(len(faults) - 1, -1, -1) if faults[n].kind is FaultKind.SCALE_DOWN)
    return [*faults[: count - 1], faults[down]]
