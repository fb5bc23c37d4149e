"""What kind of fault run to make, and what it showed."""

from dataclasses import dataclass, field

from contracts.topics import CALLS, CHARGES, RATED_USAGE, SERVICES
from tests.live.faults.injector import Recovery
from tests.live.faults.members import Samples
from tests.live.faults.schedule import Fault
from tests.live.faults.verdict import Verdict

ON_THE_WAY = tuple(
    service for service in SERVICES if any(service in topic.consumers for topic in (CALLS, RATED_USAGE, CHARGES))
)
"""The services that a call passes: those that read it or what became of it. Others have nothing to judge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSettings:
    """What kind of run. seconds: over how long the load is spread at least.

    schedule: the faults, instead of so many drawn from the seed. variant: of known-wrong services, with the SQL
    that prepares the database for it. extra: settings of every member, without the service's prefix.
    quiet_events: the last of the events, sent when all faults are over, to measure how long a call takes.
    """

    seed: int
    events: int
    faults: int
    seconds: float
    services: tuple[str, ...] = ON_THE_WAY
    session_timeout_ms: int = 3000
    members_at_start: int = 1
    schedule: tuple[Fault, ...] | None = None
    variant: str | None = None
    prepare: tuple[str, ...] = ()
    extra: tuple[tuple[str, str], ...] = ()
    quiet_events: int = 900
    drain_patience_s: float = 90.0


@dataclass(slots=True, kw_only=True)
class RunResult:
    """What a run showed.

    waiting: what was not drained when patience ended. proof: what `ringledger verify` found against it.
    Both are empty when all is well. latencies_ms: sorted, of the quiet events.
    """

    settings: RunSettings
    verdict: Verdict
    faults: list[str]
    samples: Samples
    recoveries: list[Recovery]
    left_to_redeliver: list[int]
    unexpected_ends: list[str]
    waiting: str
    proof: str
    seconds: float
    latencies_ms: list[int] = field(default_factory=list)

    def counted(self, name: str, **labels: str) -> int:
        """A metric summed over all members and their lives, where its labels contain these."""
        wanted = [f'{label}="{value}"' for label, value in labels.items()]
        return int(sum(v for (n, text), v in self.samples.items() if n == name and all(w in text for w in wanted)))

    @property
    def evidence(self) -> dict[str, int]:
        """What must have happened at least once for the run to prove anything."""
        failures = "ringledger_batch_failures_total"
        return {
            "fenced batches": self.counted(failures, reason="position_lost"),
            "database errors": self.counted(failures, reason="infrastructure"),
            "redelivered records": self.counted("ringledger_redelivered_records_total"),
            "duplicates": self.counted("ringledger_records_total", fate="duplicate"),
            "conflicts": self.counted("ringledger_records_total", fate="conflict"),
            "dead letters": self.counted("ringledger_records_total", fate="dead_letter"),
        }
