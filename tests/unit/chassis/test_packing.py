"""What goes into the outbox comes out as it went in: nulls, empties and any bytes."""

from hypothesis import given
from hypothesis import strategies as st

from chassis.outbox.packing import Messages, pack_messages, unpack_messages

PART = st.none() | st.binary(max_size=40)


@given(st.lists(st.tuples(PART, PART, st.binary(max_size=12)), max_size=8))
def test_unpacking_is_the_inverse_of_packing(listed: list[tuple[bytes | None, bytes | None, bytes]]) -> None:
    keys, values, headers = ([one[place] for one in listed] for place in range(3))
    extra = headers if any(headers) else None
    messages = Messages(keys=keys, values=values, headers=extra)
    assert unpack_messages(pack_messages(messages)) == messages


def test_the_number_of_messages_comes_first() -> None:
    """The proof reads it without the rest."""
    packed = pack_messages(Messages(keys=[None, b"k"], values=[b"v", None], headers=None))
    assert packed[:4] == b"\x00\x00\x00\x02"
