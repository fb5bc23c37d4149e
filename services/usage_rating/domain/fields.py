"""Reads the fields of a plan document one by one and keeps every problem, so that all are shown at once."""

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from services.usage_rating.domain.problems import Problem
from services.usage_rating.domain.reading import (
    MAX_INCREMENT_S,
    is_country,
    is_name,
    is_plan_id,
    is_prefix,
    read_instant,
    read_minute,
    read_price,
)

_LATER = {
    "allowances": "allowances",
    "recurring": "recurring prices",
    "tiers": "metered prices by tier",
    "free": "free units",
    "spend": "minimum and maximum spend",
}
"""The keys by which the shape will grow, and what each will mean; refused until something rates by them."""


_READERS: Mapping[str, Callable[[str], Any]] = {"price": read_price, "instant": read_instant, "name": str}


class Fields:
    """The fields of one object of a document.

    A field that cannot be read leaves a problem and a harmless stand-in value, which never gets out: a
    document with problems makes no plan. `problems` and the texts already read are shared with every
    object below.
    """

    __slots__ = ("_document", "_path", "_seen", "problems")

    def __init__(self, document: Mapping[str, Any], *, path: str = "", above: "Fields | None" = None) -> None:
        self._document = document
        self._path = path
        self.problems: list[Problem] = above.problems if above else []
        self._seen: dict[tuple[str, str], Any] = above._seen if above else {}

    def __contains__(self, key: str) -> bool:
        return key in self._document

    def refuse(self, key: str, says: str, *, value: object = None) -> None:
        """Keep a problem with a field; long values are cut."""
        shown = self._document.get(key) if value is None else value
        self.problems.append(Problem(field=self._place(key), value=str(shown)[:80], says=says))

    def only(self, *known: str) -> None:
        """Refuse every key but these: it could change money."""
        for key in sorted(map(str, self._document.keys() - set(known))):
            if key in _LATER:
                self.refuse(key, f"({_LATER[key]}) is not rated by this version: remove it", value=key)
            elif not key.startswith("x-"):
                self.refuse(key, f"is no key of this place; known are {', '.join(known)}", value=key)

    def nested(self, key: str, *, optional: bool = False) -> "Fields":
        """The object under a key, empty when it may be absent and is."""
        value = self._document.get(key)
        if not isinstance(value, Mapping):
            if value is not None or not optional:
                self.refuse(key, "is not an object")
            value = {}
        return Fields(value, path=self._place(key), above=self)

    def objects(self) -> Iterator[tuple[str, "Fields"]]:
        """Every field as an object, under its name."""
        for key in self._document:
            yield str(key), self.nested(key)

    def items(self, key: str) -> "list[Fields]":
        """The objects of a list."""
        value = self._document.get(key)
        if not isinstance(value, list):
            self.refuse(key, "is not a list")
            return []
        for number, item in enumerate(value):
            if not isinstance(item, Mapping):
                self.refuse(f"{key}[{number}]", "is not an object", value=item)
        place = self._place(key)
        return [
            Fields(item, path=f"{place}[{number}]", above=self)
            for number, item in enumerate(value)
            if isinstance(item, Mapping)
        ]

    def price(self, key: str, *, default: str | None = None) -> Decimal:
        """Money as text."""
        text = self._document.get(key, default)
        price = self._read("price", text) if isinstance(text, str) else None
        if price is None:
            self.refuse(key, 'is not a price: write it as text such as "0.035", with at most 12 decimals')
        return price or Decimal(0)

    def whole(self, key: str, *, most: int, least: int = 0, default: int | None = None) -> int:
        """A whole number between least and most; `true` is none."""
        value = self._document.get(key, default)
        if type(value) is int and least <= value <= most:
            return value
        self.refuse(key, f"is not a whole number from {least} to {most}")
        return least

    def seconds(self, key: str, *, least: int = 0, default: int | None = None) -> int:
        """Whole seconds, at most a day."""
        return self.whole(key, least=least, most=MAX_INCREMENT_S, default=default)

    def flag(self, key: str) -> bool:
        """`true`, or absent for false."""
        value = self._document.get(key, False)
        if not isinstance(value, bool):
            self.refuse(key, "is neither true nor false")
        return value is True

    def texts(self, key: str) -> list[str]:
        """A list of texts, empty when absent."""
        value = self._document.get(key, [])
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return value
        self.refuse(key, "is not a list of texts")
        return []

    def minute(self, key: str) -> int:
        """A time of day as minutes since midnight, from 00:00 to 24:00."""
        text = self._document.get(key)
        minute = read_minute(text) if isinstance(text, str) else None
        if minute is None:
            self.refuse(key, 'is not a time of day: write it as text from "00:00" to "24:00"')
        return minute or 0

    def choice(self, key: str, words: Collection[str], *, default: str = "") -> str:
        """One of a set of words."""
        value = self._document.get(key, default)
        if isinstance(value, str) and value in words:
            return value
        self.refuse(key, "is not one of those known here")
        return default

    def instant(self, key: str, *, optional: bool = False) -> datetime | None:
        """RFC 3339 with its zone, or a day, which means its midnight in UTC."""
        text = self._document.get(key)
        if text is None and optional:
            return None
        instant: datetime | None = self._read("instant", text) if isinstance(text, str) else None
        if instant is None:
            self.refuse(key, "is not an instant such as 2026-01-01T00:00:00Z, from 2000 to 2099")
        return instant

    def prefix(self, key: str) -> str:
        """Digits of E.164."""
        text = self._document.get(key)
        if isinstance(text, str) and is_prefix(text):
            return text
        self.refuse(key, "is not a prefix: 1 to 15 digits as text, without +")
        return ""

    def country(self, key: str) -> str | None:
        """ISO 3166-1 alpha-2, or absent."""
        text = self._document.get(key)
        if text is None:
            return None
        if isinstance(text, str) and is_country(text):
            return str(self._read("name", text))
        self.refuse(key, "is not a country: two capital letters, or leave it out")
        return None

    def name(self, key: str) -> str:
        """A name people gave; equal names become one text in memory."""
        text = self._document.get(key)
        if isinstance(text, str) and is_name(text):
            return str(self._read("name", text))
        self.refuse(key, "is not a name of 1 to 200 characters")
        return ""

    def plan_id(self, key: str) -> str:
        """The id of a plan."""
        text = self._document.get(key)
        if isinstance(text, str) and is_plan_id(text):
            return text
        self.refuse(key, "is not a plan id: 1 to 128 visible ASCII characters, no space")
        return ""

    def _read(self, kind: str, text: str) -> Any:
        key = (kind, text)
        if key not in self._seen:
            self._seen[key] = _READERS[kind](text)
        return self._seen[key]

    def _place(self, key: str) -> str:
        return f"{self._path}.{key}" if self._path else str(key)
