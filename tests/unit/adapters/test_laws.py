"""What holds of every adapter whatever a record holds: each row has a fate, and the same file the same events."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.adapters.checked import fault_of
from cli.adapters.outcomes import Finding, Leg, Weight
from tests.unit.adapters import (
    test_amazon_connect,
    test_cucm,
    test_freeswitch,
    test_genesys,
    test_twilio,
    test_webex,
)
from tests.unit.adapters import test_voiso as voiso_records
from tests.unit.adapters.imports import event_ids, imported

DOCUMENTS: Mapping[str, Any] = {
    "genesys": test_genesys.a_conversation(),
    "amazon-connect": test_amazon_connect.a_contact(
        TransferredToEndpoint=test_amazon_connect.a_number("+13105550177"),
        TransferCompletedTimestamp="2024-03-05T10:02:00Z",
    ),
    "freeswitch-json": test_freeswitch.a_document(bridge_uuid="b"),
    "twilio": test_twilio.a_call(),
    "voiso": voiso_records.a_record(),
    "webex": test_webex.an_item(),
}

ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.sampled_from(
        ["", "x", "+1", "-1", "9" * 30, "2024-02-30T10:00:00Z", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00Z"]
    ),
    st.sampled_from(["ü" * 200, "tel:", "a b", "１２３", "Tue, 05 Mar 9999 23:59:59 -2359", "99999999999999999"]),
    st.lists(st.integers(), max_size=1),
    st.dictionaries(st.sampled_from(["Address", "x"]), st.integers(), max_size=1),
    st.floats(0, 1e15),
)


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of everything within a document, objects and lists too."""
    if path:
        yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, held in inside:
        yield from leaves(held, (*path, key))


def replaced(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    changed = json.loads(json.dumps(document))
    holder = changed
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    return changed


def check(name: str, content: Any, rows: set[int]) -> None:
    """Every row has a fate, every leg is a record of the contract, and an import again is the same events."""
    found = imported(name, content, region="US")
    fates = [
        one
        for one in found
        if isinstance(one, Leg) or (isinstance(one, Finding) and one.reason.weight is not Weight.NOTE)
    ]
    assert {row for one in fates for row in one.rows} == rows
    assert [fault_of(one.record) for one in found if isinstance(one, Leg) if fault_of(one.record)] == []
    assert event_ids(found) == event_ids(imported(name, content, region="US"))


@pytest.mark.parametrize("name", DOCUMENTS)
@settings(max_examples=50)
@given(data=st.data())
def test_a_document_with_something_odd_in_it(name: str, data: st.DataObject) -> None:
    base = DOCUMENTS[name]
    document = replaced(base, data.draw(st.sampled_from(list(leaves(base)))), data.draw(ODD))
    check(name, [document, base], {1, 2})


@settings(max_examples=50)
@given(column=st.sampled_from(test_cucm.HEADER), value=ODD)
def test_a_row_of_cucm_with_something_odd_in_it(column: str, value: Any) -> None:
    odd: dict[str, Any] = {column: str(value).replace('"', '""')}
    row = test_cucm.a_row(**odd)
    check("cucm", "\n".join([",".join(test_cucm.HEADER), row, test_cucm.an_inbound_row()]), {2, 3})


@settings(max_examples=50)
@given(column=st.sampled_from(test_freeswitch.COLUMNS.split(",")), value=ODD)
def test_a_line_of_freeswitch_with_something_odd_in_it(column: str, value: Any) -> None:
    line = test_freeswitch.a_line(**{column: str(value).replace('"', '""')})
    found = test_freeswitch.read_lines(line, test_freeswitch.a_line(uuid="z"))
    assert {row for one in found if isinstance(one, Leg | Finding) for row in one.rows} == {1, 2}
