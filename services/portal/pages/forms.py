"""What a form sends: its fields, each with all of its values, and the files that were chosen in it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Scope

from chassis.web import Problem
from services.portal.domain.number_file import FILE_BYTES_MAX
from services.portal.pages.rendering import page

FIELDS_MAX = 8000
FILES_MAX = 1
MULTIPART = "multipart/form-data"
Fields = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """files: the content of each, by the name of its field; none where none was chosen."""

    fields: Fields = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)


async def form_of(request: Request) -> Form:
    """The form that was sent. Raises Problem for what is none."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        if kind == MULTIPART:
            return await _of_parts(request)
        pairs = parse_qsl(
            (await request.body()).decode(), keep_blank_values=True, max_num_fields=FIELDS_MAX, errors="strict"
        )
    except (ValueError, HTTPException) as error:
        raise Problem(422, "not_a_form", "This is not a form of ours, or it has too many fields.") from error
    return Form(fields=_by_name(pairs))


def too_large_page(scope: Scope) -> Response:
    """The answer to a form that is too large to be read at all."""
    says = f"The form is too large; a file may have {FILE_BYTES_MAX:,} bytes. Go back and choose another."
    return page(Request(scope), "problem.html", None, status=413, says=says)


async def _of_parts(request: Request) -> Form:
    """A form with a place for a file."""
    pairs: list[tuple[str, str]] = []
    files: dict[str, bytes] = {}
    async with request.form(max_files=FILES_MAX, max_fields=FIELDS_MAX) as parts:
        for name, value in parts.multi_items():
            if not isinstance(value, UploadFile):
                pairs.append((name, value))
            elif value.filename:
                files[name] = await value.read()
    return Form(fields=_by_name(pairs), files=files)


def _by_name(pairs: Iterable[tuple[str, str]]) -> Fields:
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value.replace("\x00", ""))
    return fields
