"""Column profiles: which column of a vendor's deck is what, how cells are spelt, what rows say of themselves."""

import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

SHIPPED = Path(__file__).with_name("profiles")

Column = Literal[
    "prefix",
    "country_code",
    "destination",
    "destination_detail",
    "country",
    "rate_per_minute",
    "next_rate_per_minute",
    "connection_fee",
    "increments",
    "initial_increment",
    "increment",
    "minimum_s",
    "minimum_charge",
    "currency",
    "valid_from",
    "valid_until",
    "origination",
]
"""What a column may be. Beyond the neutral layout: country_code stands before every prefix of its row, increments
is `60/1`, origination lists the callers' prefixes for which the row counts, destination_detail completes a name."""

RowAction = Literal["load", "drop", "refuse"]
"""What becomes of a row: loaded, left out, or loaded as a destination to which calls are refused."""

_DATE_PARTS = {"D", "M", "Mon", "Y"}


def _dates(text: str) -> str:
    parts = "".join(each if each.isalpha() else " " for each in text).split()
    if len(parts) != 3 or not set(parts) <= _DATE_PARTS or {"D", "Y"} - set(parts):
        raise ValueError("a date is spelt with D, Y, and M (a number) or Mon (a name), such as D/M/Y or D-Mon-Y")
    return text


class UnknownProfile(Exception):
    """There is no such profile, or it is wrong; the message says which and what to do."""


class Profile(BaseModel):
    """How a layout is read. Defaults are those of a plain CSV file with our own names of columns.

    columns: the header of each, or several of which the file has one. fixed: what the layout has no column for.
    rows: by header and what stands there (case aside), what becomes of the row; anything else stops the deck.
    dial_prefix: digits dialled before a country code, taken off a prefix that begins with them. header_row: the row
    of the header, those above are not read. later_ends_earlier: of two rates of one prefix, the one with the later
    valid_from ends the earlier. any_origination: cells that name every caller, or whoever no other row names.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    about: str
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    encoding: Literal["utf-8", "cp1252", "utf-16"] = "utf-8"
    header_row: Annotated[int, Field(ge=1, le=100)] = 1
    decimal: Literal[".", ","] = "."
    dates: Annotated[str, AfterValidator(_dates)] = "Y-M-D"
    dial_prefix: Annotated[str, Field(pattern=r"^[0-9]*$")] = ""
    later_ends_earlier: bool = False
    any_origination: list[str] = ["", "*", "all", "any", "row", "rest of world"]
    columns: dict[Column, str | list[str]]
    fixed: dict[Column, str] = {}
    rows: dict[str, dict[str, RowAction]] = {}

    def headers_of(self, column: Column) -> list[str]:
        """The headers under which a column may stand."""
        named = self.columns.get(column, [])
        return [named] if isinstance(named, str) else named


def load_profile(name: str) -> Profile:
    """A profile by the name of one that is shipped, or by the path of a TOML file. Raises UnknownProfile."""
    path = SHIPPED / f"{name}.toml" if name in shipped_profiles() else Path(name)
    if path.suffix != ".toml":
        raise UnknownProfile(
            f"{name}: no such profile; there are {', '.join(shipped_profiles())}, or give a .toml file"
        )
    try:
        return Profile.model_validate(tomllib.loads(path.read_text("utf-8")))
    except OSError as error:
        raise UnknownProfile(f"{path}: {error.strerror}") from error
    except ValidationError as error:
        told = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise UnknownProfile(f"{path}: {told}") from error
    except ValueError as error:
        raise UnknownProfile(f"{path}: not TOML: {error}") from error


def shipped_profiles() -> list[str]:
    """The names of the profiles that come with the program."""
    return sorted(path.stem for path in SHIPPED.glob("*.toml"))
