"""Text lines out of the bytes of a file."""

from collections.abc import Iterable, Iterator

_BOM = b"\xef\xbb\xbf"


def decoded(raw: Iterable[bytes]) -> Iterator[str]:
    """Each line as text without its line end: UTF-8, a line that is not UTF-8 as Latin-1.

    Latin-1 cannot fail and cannot change what is published: names are dropped here, and every field of a
    call record is ASCII by contract. A byte order mark before the first line is taken off.
    """
    for number, line in enumerate(raw, start=1):
        body = line.removeprefix(_BOM) if number == 1 else line
        body = body.rstrip(b"\r\n")
        try:
            yield body.decode()
        except UnicodeDecodeError:
            yield body.decode("latin-1")
