"""Versions of one record: the revision a later one gives its leg, and which of a file's versions counts."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from cli.adapters.outcomes import Finding, Leg, Outcome, Reason, Weight
from contracts.events.fields import EARLIEST

_SECOND = timedelta(seconds=1)


def revision_at(updated_at: datetime) -> int:
    """The revision of a record that says when it was last updated: seconds since the year 2000 began.

    A later version is a higher revision whatever order they arrive in, until 2068. Two versions within one
    second would be a conflict, which is shown and changes nothing.
    """
    return (updated_at - EARLIEST) // _SECOND + 1


def newest(made: Sequence[Sequence[Outcome]]) -> list[Outcome]:
    """The outcomes of a file's records with every version of a leg but the latest set aside.

    made: the outcomes of each record by themselves. A repeated version is set aside too; one of the same
    revision with other content is not, so that it comes out as the conflict it is.
    """
    latest: dict[tuple[str, str], Leg] = {}
    for outcomes in made:
        for leg in outcomes:
            if isinstance(leg, Leg):
                best = latest.setdefault(_identity(leg), leg)
                if leg.record.revision > best.record.revision:
                    latest[_identity(leg)] = leg
    return [outcome for outcomes in made for outcome in _counting(outcomes, latest)]


def _counting(outcomes: Sequence[Outcome], latest: dict[tuple[str, str], Leg]) -> list[Outcome]:
    kept: list[Outcome] = []
    for outcome in outcomes:
        best = latest[_identity(outcome)] if isinstance(outcome, Leg) else None
        if best is None or outcome is best or _differs_alike(outcome, best):
            kept.append(outcome)
        else:
            assert isinstance(outcome, Leg)
            detail = f"a later version or the same is in row {best.rows[0]}"
            kept.append(Finding(rows=outcome.rows, reason=Reason.SUPERSEDED, detail=detail))
    if any(isinstance(outcome, Leg) for outcome in kept):
        return kept
    # What is worth knowing of a leg is not worth knowing where the leg was set aside.
    return [one for one in kept if not (isinstance(one, Finding) and one.reason.weight is Weight.NOTE)]


def _differs_alike(outcome: Outcome, best: Leg) -> bool:
    """Whether a leg has the latest revision, but not the content of the first that had it."""
    return (
        isinstance(outcome, Leg)
        and outcome.record.revision == best.record.revision
        and outcome.record != best.record
    )


def _identity(leg: Leg) -> tuple[str, str]:
    return leg.record.call_id, leg.record.leg_id
