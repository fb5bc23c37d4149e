"""Field types of messages: strict where Pydantic is lax, bounded where the world is not.

By default Pydantic takes `true` for 1, `"1543540774"` for an instant, `"1E+1000000"` for a decimal and
Arabic-Indic digits for a number; every type here refuses that.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, TypeVar, dataclass_transform

from pydantic import ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from contracts.values.phone import E164_PATTERN, PARTY_PATTERN

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
"""Instants outside [EARLIEST, LATEST) are mistakes of a clock or a parser and are refused."""

MAX_DURATION_MS = 31 * 24 * 3600 * 1000
"""The longest duration a call may have: 31 days in milliseconds."""

_INSTANT_PATTERN = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})$"
)
_DATE_PATTERN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_AMOUNT_PATTERN = r"^-?[0-9]{1,14}(\.[0-9]{1,6})?$"
_EXACT_PATTERN = r"^-?[0-9]{1,14}(\.[0-9]{1,24})?$"
_QUANTITY_PATTERN = r"^-?[0-9]{1,8}(\.[0-9]{1,12})?$"
_PERCENT_PATTERN = r"^-?[0-9]{1,14}(\.[0-9]{1,2})?$"


def wire_text(value: object) -> str:
    """A decimal without exponent, an instant in RFC 3339 with `Z`, a day: as messages write them."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date):
        text = value.isoformat()
        return f"{text[:-6]}Z" if text.endswith("+00:00") else text
    raise TypeError(f"{type(value).__name__} has no place in a message")


def _instant_of(text: str) -> datetime:
    """The instant a text of the pattern says, in UTC; beyond microseconds it is cut.

    Read by the standard library because its UTC is one object, which makes every later comparison, difference
    and text of the instant several times cheaper than with a zone object of its own for each.
    """
    instant = datetime.fromisoformat(text)
    if not EARLIEST <= instant < LATEST:
        raise PydanticCustomError("instant_out_of_range", "an instant lies in the years 2000 to 2099")
    if instant.tzinfo is UTC:
        return instant
    if text[-2:] > "59":
        raise PydanticCustomError("no_such_offset", "the offset from UTC has at most 59 minutes")
    return instant.astimezone(UTC)


@dataclass(frozen=True, slots=True, eq=False)
class _TextBound:
    """Validates JSON as a string of one pattern before the inner type reads it, and says so in the schema."""

    pattern: str
    inner: CoreSchema
    python: CoreSchema
    json_schema: tuple[tuple[str, Any], ...]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.json_or_python_schema(
            json_schema=core_schema.chain_schema(
                [core_schema.str_schema(pattern=self.pattern, strict=True, max_length=48), self.inner]
            ),
            python_schema=self.python,
            serialization=core_schema.plain_serializer_function_ser_schema(wire_text, when_used="json"),
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "pattern": self.pattern, **dict(self.json_schema)}


Instant = Annotated[
    datetime,
    _TextBound(
        pattern=_INSTANT_PATTERN,
        inner=core_schema.no_info_plain_validator_function(_instant_of),
        python=core_schema.datetime_schema(strict=True, tz_constraint="aware", ge=EARLIEST, lt=LATEST),
        json_schema=(("format", "date-time"),),
    ),
]
"""An aware instant between the years 2000 and 2100, RFC 3339 on the wire."""

Day = Annotated[
    date,
    _TextBound(
        pattern=_DATE_PATTERN,
        inner=core_schema.date_schema(strict=False, ge=EARLIEST.date(), lt=LATEST.date()),
        python=core_schema.date_schema(strict=True, ge=EARLIEST.date(), lt=LATEST.date()),
        json_schema=(("format", "date"),),
    ),
]
"""A calendar day in the account's zone."""

Amount = Annotated[
    Decimal,
    _TextBound(
        pattern=_AMOUNT_PATTERN,
        inner=core_schema.decimal_schema(strict=False, allow_inf_nan=False),
        python=core_schema.decimal_schema(strict=True, allow_inf_nan=False),
        json_schema=(("examples", ["0.123456"]),),
    ),
]
"""An amount of money with at most 6 decimals, a string on the wire."""

ExactAmount = Annotated[
    Decimal,
    _TextBound(
        pattern=_EXACT_PATTERN,
        inner=core_schema.decimal_schema(strict=False, allow_inf_nan=False),
        python=core_schema.decimal_schema(strict=True, allow_inf_nan=False),
        json_schema=(("examples", ["0.0036"]),),
    ),
]
"""A price or an exact value before rounding, at most 24 decimals, a string on the wire."""

Quantity = Annotated[
    Decimal,
    _TextBound(
        pattern=_QUANTITY_PATTERN,
        inner=core_schema.decimal_schema(strict=False, allow_inf_nan=False),
        python=core_schema.decimal_schema(strict=True, allow_inf_nan=False),
        json_schema=(("examples", ["12.5"]),),
    ),
]
"""How much of something was used: at most 8 digits and 12 decimals, a string on the wire; negative in a refund."""

Percent = Annotated[
    Decimal,
    _TextBound(
        pattern=_PERCENT_PATTERN,
        inner=core_schema.decimal_schema(strict=False, allow_inf_nan=False),
        python=core_schema.decimal_schema(strict=True, allow_inf_nan=False),
        json_schema=(("examples", ["5.25"]),),
    ),
]
"""A percentage with at most 2 decimals, a string on the wire."""

AccountId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,62}$")]
"""The platform's id of an account; it is part of topic names, so no dot and no underscore."""

Identifier = Annotated[str, Field(pattern=r"^[!-~]{1,128}$")]
"""An opaque id of a platform: 1 to 128 visible ASCII characters."""

Uuid = Annotated[str, Field(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")]
"""A UUID in its lower-case text form."""

Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
"""A name people gave: any script, no control characters."""

Text = Annotated[str, Field(max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$")]
"""A short text of ours, without control characters."""

Email = Annotated[str, Field(max_length=254, pattern=r"^[^\x00-\x20\x7f@]+@[^\x00-\x20\x7f@]+$")]
"""An e-mail address, checked for shape only (the length is RFC 5321's)."""

E164 = Annotated[str, Field(pattern=E164_PATTERN)]
Party = Annotated[str, Field(pattern=PARTY_PATTERN)]
"""One side of a call: E.164, `withheld`, or `internal[:extension]`."""

CurrencyCode = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
ZoneName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_+/-]{1,64}$")]
DurationMs = Annotated[int, Field(ge=0, le=MAX_DURATION_MS)]
Revision = Annotated[int, Field(ge=1, lt=2**31)]
Sequence = Annotated[int, Field(ge=1, lt=2**62)]
AnchorDay = Annotated[int, Field(ge=1, le=28)]
StagePercent = Annotated[int, Field(ge=1, le=1000)]
Count = Annotated[int, Field(ge=0, lt=2**31)]
SignedCount = Annotated[int, Field(gt=-(2**53), lt=2**53)]
UseWord = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
"""A word of use: the channel of a call or a message, the name of a meter."""

Digits = Annotated[str, Field(pattern=r"^[0-9]{1,15}$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
CountryCode = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
Token = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
"""A keyed pseudonym of the other party's number: key id, dot, HMAC."""

KeyId = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,32}$")]
"""Names a signing key; it stands between dots in a statement."""

PublicKey = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{43}$")]
"""An Ed25519 public key: base64url of 32 bytes, without padding."""

Cls = TypeVar("Cls")


@dataclass_transform(frozen_default=True, kw_only_default=True)
def message(cls: type[Cls]) -> type[Cls]:
    """Make `cls` a message: a frozen, slotted, keyword-only dataclass that Pydantic validates strictly.

    Unknown fields are ignored by consumers (DESIGN §4); a plain dataclass is a third cheaper to validate
    than a `BaseModel`.
    """
    cls.__pydantic_config__ = ConfigDict(strict=True, extra="ignore")  # type: ignore[attr-defined]
    build: Callable[[type[Cls]], type[Cls]] = dataclass(frozen=True, slots=True, kw_only=True)
    return build(cls)
