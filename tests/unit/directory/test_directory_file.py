"""Lines of a directory file become the events a platform would publish, or problems that name the line."""

import pytest

from cli.directory_file import DirectoryEntry, LineProblem, read_directory, unit_id_of

SALES = b'{"type":"unit","name":"Sales"}'
ASSIGNED = (
    b'{"type":"assignment","unit":"Sales","member_kind":"user","member":"1115","from_at":"2026-10-01T00:00:00Z"}'
)


def entries(*lines: bytes) -> list[DirectoryEntry]:
    read = list(read_directory(lines, "acme"))
    assert all(isinstance(one, DirectoryEntry) for one in read), read
    return [one for one in read if isinstance(one, DirectoryEntry)]


def test_an_assignment_finds_its_unit_by_name() -> None:
    unit, assignment = entries(SALES, ASSIGNED)
    assert unit.data.unit_id == assignment.data.unit_id == unit_id_of("acme", "Sales")
    assert (unit.data.account_id, unit.data.version) == ("acme", 1)


def test_the_same_line_is_the_same_event_and_another_is_another() -> None:
    once, again, renamed = entries(SALES, SALES, b'{"type":"unit","name":"Sales","version":2}')
    assert once.event_id == again.event_id != renamed.event_id


def test_an_account_says_by_which_model_its_people_may_do_what() -> None:
    said = b'{"type":"account","name":"A","currency":"EUR","zone":"Europe/Berlin","access":"basic_roles"}'
    told, untold = entries(said, said.replace(b',"access":"basic_roles"', b""))
    assert (told.data.access, untold.data.access) == ("basic_roles", "access_groups")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b"{", "unexpected end of data"),
        (b"[]", "expected a JSON object"),
        (b'{"type":"branch"}', "type is one of account, user"),
        (b'{"type":"number","number":"030123","from_at":"2026-10-01T00:00:00Z"}', "number: String should match"),
        (b'{"type":"user","name":"Ada"}', "user_id: Field required"),
        (b'{"type":"account","name":"A","currency":"EUR","zone":"Europe/Berlin","anchor_day":true}', "anchor_day"),
        (b'{"type":"account","name":"A","currency":"EUR","zone":"Europe/Berlin","access":"none"}', "access: Input"),
    ],
)
def test_a_wrong_line_is_named_with_its_reason(line: bytes, says: str) -> None:
    _, problem = list(read_directory([SALES, line], "acme"))
    assert isinstance(problem, LineProblem)
    assert problem.line == 2
    assert says in problem.says
