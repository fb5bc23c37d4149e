"""Answers without what differs from request to request, so that two can be compared."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx

from chassis.clock import system_clock

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_INSTANT = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:.]+(?:Z|[+-][0-9:]{5})")
_MADE_NOW = (
    (re.compile(r"\b[0-9a-f]{64}\b"), "<digest>"),
    (re.compile(r"rlk_[\w-]+"), "<key>"),
    (re.compile(r"(Something new|newcomer)-[0-9]+"), r"<\1>"),
    (re.compile(r'"(version|seq|directory_revision)":[0-9]+'), r'"\1":#'),
)
COMPARED_HEADERS = ("allow", "content-type", "idempotency-replayed", "location", "retry-after", "www-authenticate")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    """Status, headers and body, in which the id asked for and all that is new each time are named alike."""

    status: int
    headers: tuple[str, ...]
    body: str

    @classmethod
    def of(
        cls, answer: httpx.Response, *, stands_for: str, given: Collection[str], known: Collection[str]
    ) -> "Plain":
        """stands_for: the id that was asked for. given: what earlier requests may have named our own things.
        known: ids that are the same with every request.
        """
        asked_for, ours = _any_of({stands_for}), _any_of({*given, stands_for})

        def plain(text: str) -> str:
            text = ours.sub("<id>", asked_for.sub("<id>", text))
            text = _UUID.sub(lambda found: found[0] if found[0] in known else "<uuid>", text)
            today = f"{system_clock():%Y-%m-%d}"
            text = _INSTANT.sub(lambda found: "<now>" if found[0].startswith(today) else found[0], text)
            for pattern, name in _MADE_NOW:
                text = pattern.sub(name, text)
            return text

        headers = (f"{name}: {plain(answer.headers.get(name, ''))}" for name in COMPARED_HEADERS)
        return cls(status=answer.status_code, headers=tuple(headers), body=plain(answer.text))


def _any_of(ids: Collection[str]) -> re.Pattern[str]:
    """Finds ids however they are spelled, the longest first: one may begin with another."""
    spellings = {text for one in ids for text in (one, quote(one, safe="+"), quote(one))}
    return re.compile("|".join(map(re.escape, sorted(spellings, key=len, reverse=True))), re.IGNORECASE)


def leaves_of(value: Any) -> Iterator[str]:
    """Every text in an answer, at any depth."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from leaves_of(part)
