"""How the standing publisher puts lists together: neighbours of one topic as one, lanes by what waits in them."""

from chassis.outbox.lanes import MessageList
from chassis.outbox.packing import Messages
from chassis.outbox.publisher import MESSAGES_AT_ONCE, in_turns, joined


def a_list(first_seq: int, topic: str, *values: bytes, headers: list[bytes] | None = None) -> MessageList:
    keys = [b"key"] * len(values)
    return MessageList(
        first_seq=first_seq, topic=topic, messages=Messages(keys=keys, values=list(values), headers=headers)
    )


def test_neighbours_of_one_topic_are_one_list() -> None:
    lists = [a_list(4, "a", b"1", b"2"), a_list(6, "a", b"3"), a_list(7, "b", b"4"), a_list(8, "a", b"5")]
    assert joined(lists) == [a_list(4, "a", b"1", b"2", b"3"), a_list(7, "b", b"4"), a_list(8, "a", b"5")]


def test_headers_stay_with_their_messages() -> None:
    [whole] = joined([a_list(1, "a", b"1"), a_list(2, "a", b"2", headers=[b"own"])])
    assert whole == a_list(1, "a", b"1", b"2", headers=[b"", b"own"])


def test_lanes_go_together_as_long_as_their_messages_fit() -> None:
    half = {"waiting": MESSAGES_AT_ONCE // 2}
    huge = {"waiting": MESSAGES_AT_ONCE * 3}
    assert list(in_turns([half, half, half, huge, half])) == [[half, half], [half], [huge], [half]]
    assert list(in_turns([])) == []
