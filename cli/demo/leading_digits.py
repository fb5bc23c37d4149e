"""Which digits a libphonenumber pattern lets a national number begin with."""

from collections.abc import Iterable
from functools import lru_cache

DIGITS = "0123456789"


class PatternError(ValueError):
    """A pattern uses more of the regular expression language than libphonenumber's metadata does."""


@lru_cache(maxsize=4096)
def leading_digits(pattern: str, count: int) -> frozenset[str]:
    """The first `count` digits that numbers of the pattern may have.

    A pattern of libphonenumber's metadata is made of digits, `\\d`, `[…]`, `(?:…|…)`, `?` and `{m,n}` only,
    so that it can be walked from the left; anything else raises PatternError.
    """
    heads, end = _alternatives(pattern, 0, count)
    if end != len(pattern):
        raise PatternError(f"{pattern!r} is not understood from character {end} on")
    return frozenset(head for head in heads if len(head) == count)


def exclusive_prefixes(mine: Iterable[str], others: Iterable[str], *, longest: int) -> tuple[str, ...]:
    """The shortest prefixes, up to `longest` digits, under which there are numbers of `mine` and none of `others`.

    Both are patterns. Where the two cannot be told apart within `longest` digits, nothing is returned.
    """
    mine, others = tuple(mine), tuple(others)
    found: list[str] = []
    for length in range(1, longest + 1):
        taken = {head for pattern in others for head in leading_digits(pattern, length)}
        heads = {head for pattern in mine for head in leading_digits(pattern, length)}
        found += [head for head in heads - taken if not head.startswith(tuple(found))]
    return tuple(sorted(found))


def _alternatives(pattern: str, at: int, count: int) -> tuple[set[str], int]:
    heads, at = _sequence(pattern, at, count)
    while at < len(pattern) and pattern[at] == "|":
        more, at = _sequence(pattern, at + 1, count)
        heads |= more
    return heads, at


def _sequence(pattern: str, at: int, count: int) -> tuple[set[str], int]:
    heads = {""}
    while at < len(pattern) and pattern[at] not in "|)":
        atom, at = _atom(pattern, at, count)
        least, most, at = _repeats(pattern, at)
        heads = _repeated(heads, atom, least, most, count)
    return heads, at


def _atom(pattern: str, at: int, count: int) -> tuple[set[str], int]:
    if pattern.startswith("(?:", at):
        heads, at = _alternatives(pattern, at + 3, count)
        if not pattern.startswith(")", at):
            raise PatternError(f"{pattern!r} leaves a group open")
        return heads, at + 1
    if pattern.startswith("\\d", at):
        return set(DIGITS), at + 2
    if pattern[at] == "[":
        end = pattern.index("]", at)
        return _digit_class(pattern[at + 1 : end]), end + 1
    if pattern[at] in DIGITS:
        return {pattern[at]}, at + 1
    raise PatternError(f"{pattern!r} is not understood at character {at}")


def _digit_class(inside: str) -> set[str]:
    digits: set[str] = set()
    at = 0
    while at < len(inside):
        last = at + 2 if inside[at + 1 : at + 2] == "-" else at
        digits |= set(DIGITS[int(inside[at]) : int(inside[last]) + 1])
        at = last + 1
    return digits


def _repeats(pattern: str, at: int) -> tuple[int, int, int]:
    if pattern.startswith("?", at):
        return 0, 1, at + 1
    if not pattern.startswith("{", at):
        return 1, 1, at
    end = pattern.index("}", at)
    least, _, most = pattern[at + 1 : end].partition(",")
    return int(least), int(most or least), end + 1


def _repeated(heads: set[str], atom: set[str], least: int, most: int, count: int) -> set[str]:
    result = set(heads) if least == 0 else set()
    for turn in range(1, min(most, least + count) + 1):
        full = {head for head in heads if len(head) == count}
        grown = full | {(head + tail)[:count] for head in heads - full for tail in atom}
        if turn >= least:
            result |= grown
        if grown == heads and turn >= least:
            break
        heads = grown
    return result
