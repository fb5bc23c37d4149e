"""Prices that depend on the caller's number: one of them is chosen by a prefix, or the deck is refused."""

from cli.decks.reading import NeutralRow, Note, ProfiledDeck
from services.usage_rating.domain.problems import Problem


def choose_origination(deck: ProfiledDeck, origination: str | None) -> None:
    """Keep, of each destination prefix, the row for callers of `origination`, or each row's problem without one.

    The row that names the longest part of it wins; one for every caller counts where none names it. A plan prices
    by the number dialled alone, so a deck by caller becomes a plan for callers of one kind.
    """
    if origination is None:
        for row in deck.rows:
            if row.origination is not None:
                deck.problems.append(_undecided(deck, row))
        return
    best: dict[tuple[str, str], int] = {}
    for row in deck.rows:
        key = (row.cells["prefix"], row.cells.get("valid_from", ""))
        fits = _fits(row, origination)
        if fits is not None:
            best[key] = max(fits, best.get(key, 0))
    kept = []
    for row in deck.rows:
        key = (row.cells["prefix"], row.cells.get("valid_from", ""))
        if key in best and _fits(row, origination) == best[key]:
            kept.append(row)
        else:
            why = f"it is for other callers than +{origination}, or one that names them comes first"
            deck.notes.append(Note(row=row.number, done="dropped", value=row.cells["prefix"], why=why))
    deck.rows = kept


def _fits(row: NeutralRow, origination: str) -> int | None:
    """How many digits of the callers' prefix the row names; 0 for every caller, None for others."""
    if row.origination is None:
        return 0
    return max((len(prefix) for prefix in row.origination if origination.startswith(prefix)), default=None)


def _undecided(deck: ProfiledDeck, row: NeutralRow) -> Problem:
    says = "makes the price depend on the caller's number, and a plan cannot: choose the callers with --origination"
    value = ", ".join(row.origination or ())[:80]
    return Problem(row=row.number, field=deck.headers.get("origination", "origination"), value=value, says=says)
