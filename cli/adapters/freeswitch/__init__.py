"""FreeSWITCH's call records: documents of mod_json_cdr, and lines of mod_cdr_csv by header or template.

Both write a record for each channel, of A-legs alone unless told otherwise (developer.signalwire.com,
"Chapter 27: Call Detail Records"). The whole file is held in memory: the two legs of a call stand apart.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from zoneinfo import ZoneInfo

from cli.adapters.documents import Record, records
from cli.adapters.fields import UNREADABLE
from cli.adapters.freeswitch.calls import Call, of_document, of_line
from cli.adapters.freeswitch.legs import Maker
from cli.adapters.freeswitch.templates import KNOWN, columns_of
from cli.adapters.header_csv import NamedRow, rows
from cli.adapters.numbers import NumberRules
from cli.adapters.outcomes import FileRefused, Finding, Outcome, Reason
from cli.adapters.versions import newest


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeswitchOptions:
    """own: what own numbers begin with. zone: of the stamps in lines. template: of lines without a header."""

    account_id: str
    rules: NumberRules
    own: tuple[str, ...] = ()
    zone: ZoneInfo | None = None
    template: str | None = None


def read_documents(raw: Iterable[bytes], options: FreeswitchOptions) -> Iterator[Outcome]:
    """The fate of every document of a file; a row is a document. Raises FileRefused."""
    yield from _outcomes([_document(one) for one in records(raw, list_key="cdrs")], options)


def read_lines(lines: Iterable[str], options: FreeswitchOptions) -> Iterator[Outcome]:
    """The fate of every line of a file. Raises FileRefused."""
    iterator = iter(lines)
    first = next(iterator, None)
    if first is None:
        raise FileRefused("the file is empty")
    columns, is_header = columns_of(first, named=options.template)
    has_epochs = bool({"start_uepoch", "start_epoch"} & set(columns))
    if not has_epochs and options.zone is None:
        raise FileRefused("start_stamp is a local time: give --timezone, or add ${start_epoch} to the template")
    if has_epochs and options.zone is not None:
        raise FileRefused("the lines have epochs, so --timezone is of no use; leave it out")
    unknown = [name for name in columns if name not in KNOWN]
    if unknown:
        yield Finding(rows=(1,), reason=Reason.UNKNOWN_COLUMN, detail=", ".join(unknown))
    numbered = enumerate(iterator, start=2)
    found = rows(numbered if is_header else chain([(1, first)], numbered), columns)
    yield from _outcomes([_line(one, options.zone) for one in found], options)


def _document(one: Record | Finding) -> Call | Finding:
    if isinstance(one, Finding):
        return one
    try:
        return of_document(one)
    except UNREADABLE as error:
        return Finding(rows=(one.number,), reason=Reason.UNREADABLE_ROW, detail=str(error))


def _line(one: NamedRow | Finding, zone: ZoneInfo | None) -> Call | Finding:
    if isinstance(one, Finding):
        return one
    try:
        return of_line(one.number, one.cells, zone)
    except UNREADABLE as error:
        return Finding(rows=(one.number,), reason=Reason.UNREADABLE_ROW, detail=str(error))


def _outcomes(found: list[Call | Finding], options: FreeswitchOptions) -> list[Outcome]:
    maker = Maker(
        account_id=options.account_id,
        rules=options.rules,
        own=options.own,
        calls={one.uuid: one for one in found if isinstance(one, Call)},
    )
    return newest([maker.outcomes(one) if isinstance(one, Call) else [one] for one in found])
