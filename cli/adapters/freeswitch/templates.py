"""Columns of FreeSWITCH's mod_cdr_csv: by a header, or by the template that wrote a file without one.

A template is text with channel variables, and the module writes no header. `default` is what the module
falls back to when its configuration names none, `example` what the configuration shipped with FreeSWITCH
names (developer.signalwire.com, mod_cdr_csv; conf/vanilla/autoload_configs/cdr_csv.conf.xml).
"""

from collections.abc import Mapping
from typing import Final

from cli.adapters.header_csv import split
from cli.adapters.outcomes import FileRefused

_DEFAULT: Final = (
    "caller_id_name",
    "caller_id_number",
    "destination_number",
    "context",
    "start_stamp",
    "answer_stamp",
    "end_stamp",
    "duration",
    "billsec",
    "hangup_cause",
    "uuid",
    "bleg_uuid",
    "accountcode",
)

TEMPLATES: Final[Mapping[str, tuple[str, ...]]] = {
    "default": _DEFAULT,
    "example": (*_DEFAULT, "read_codec", "write_codec"),
}

NEEDED: Final = ("uuid", "caller_id_number", "destination_number", "hangup_cause")
STARTS: Final = ("start_uepoch", "start_epoch", "start_stamp")
ENDS: Final = ("end_uepoch", "end_epoch", "uduration", "mduration", "duration")
BILLED: Final = ("billusec", "billmsec", "billsec")
"""Of each of these three the first there is, the most exact, is read."""

KNOWN: Final = frozenset(
    {
        *TEMPLATES["example"],
        *(f"{event}_{unit}" for event in ("start", "answer", "end") for unit in ("uepoch", "epoch", "stamp")),
        *ENDS,
        *BILLED,
        *("direction", "call_uuid", "originator", "originated_legs", "bridge_uuid", "last_bridge_to"),
        *("signal_bond", "outbound_caller_id_number", "effective_caller_id_number", "dialed_user"),
    }
)
"""The variables that are read, and those of the templates."""


def header_names(first_line: str) -> tuple[str, ...] | None:
    """The names of a header: `uuid` or `${uuid}`; None where the line is a call, which has no such name."""
    cells = split(first_line) or []
    names = tuple(cell.strip().removeprefix("${").removesuffix("}") for cell in cells)
    return names if "uuid" in names else None


def columns_of(first_line: str, *, named: str | None) -> tuple[tuple[str, ...], bool]:
    """The columns of a file that begins with this line, and whether the line is their header.

    named: the operator's `--profile`. Raises FileRefused when nothing says the columns, or one is missing.
    """
    if named is not None and named not in TEMPLATES:
        raise FileRefused(f"--profile {named!r} is not known; choose one of {', '.join(TEMPLATES)}")
    names = header_names(first_line)
    if names is None:
        if named is None:
            raise FileRefused(
                "line 1 names no column `uuid`, and mod_cdr_csv writes no header: put the names of your template's "
                f"variables above the calls, or give --profile {' or '.join(TEMPLATES)}"
            )
        return TEMPLATES[named], False
    if named is not None:
        raise FileRefused(f"line 1 is a header, so --profile {named} is of no use; leave it out")
    missing = [name for name in NEEDED if name not in names]
    missing += [" or ".join(group) for group in (STARTS, ENDS, BILLED) if not set(group) & set(names)]
    if missing:
        raise FileRefused(f"the header in line 1 lacks {', '.join(missing)}; add them to the template")
    if len(set(names)) != len(names):
        raise FileRefused("the header in line 1 names a column twice")
    return names, True
