"""Lists of numbers that a form brings: pasted, in a file that was chosen, or both."""

from dataclasses import replace

from services.portal.clients.asking import Refused
from services.portal.domain.number_file import FileRefused, read_number_file
from services.portal.pages.guarded import Visit
from services.portal.pages.rendering import field


def with_file(visit: Visit) -> Visit | Refused:
    """The same visit with the numbers of its file beneath those that were pasted, one a line.

    A page cannot put a file back into its form: its numbers are shown where they can be seen and corrected.
    """
    content = visit.files.get("file")
    if content is None:
        return visit
    found = read_number_file(content)
    if isinstance(found, FileRefused):
        return Refused(says=found.says)
    lines = "\n".join([*field(visit.fields, "pasted").splitlines(), *found])
    return replace(visit, fields={**visit.fields, "pasted": [lines]}, files={})
