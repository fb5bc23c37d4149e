"""ETags of versions, and the versions that `If-Match` accepts (RFC 9110 §13.1.1)."""

import re
from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Header

from chassis.web import Problem

_TAG = re.compile(r'\s*(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"\s*(?:,|$)')
_STRONG_VERSION = re.compile(r'(?<!W/)"([0-9]{1,10})"')


def etag(version: int) -> dict[str, str]:
    """The header that names a version."""
    return {"ETag": f'"{version}"'}


def _expected(if_match: Annotated[str | None, Header(alias="If-Match")] = None) -> Callable[[int], bool]:
    """Whether a version is accepted; without the header 428, because the caller may not know what it changes."""
    if if_match is None:
        says = "Send If-Match with the ETag of what you read, so that nobody's change is overwritten unseen."
        raise Problem(428, "precondition_required", says)
    if if_match.strip() == "*":
        return lambda version: True
    if "".join(found.group() for found in _TAG.finditer(if_match)) != if_match:
        raise Problem(422, "invalid", 'If-Match is "*" or a list of ETags, each in quotation marks.')
    versions = {int(tag) for tag in _STRONG_VERSION.findall(if_match)}
    return lambda version: version in versions


IfMatch = Annotated[Callable[[int], bool], Depends(_expected)]
"""Whether the version that stands is one that the caller has seen."""
