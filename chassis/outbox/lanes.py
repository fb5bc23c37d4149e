"""Writing to a lane: messages are gathered during a transaction and recorded as its last statements."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from chassis.database import Connection
from chassis.outbox.packing import Messages, pack_messages
from chassis.sql import Queries

QUERIES = Queries(__package__)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageList:
    """Messages of one transaction to one topic, numbered from `first_seq` on."""

    first_seq: int
    topic: str
    messages: Messages

    @property
    def count(self) -> int:
        """How many messages."""
        return len(self.messages.values)

    @property
    def last_seq(self) -> int:
        """The lane sequence of the last message."""
        return self.first_seq + self.count - 1


@dataclass(slots=True)
class _Gathered:
    keys: list[bytes | None] = field(default_factory=list)
    values: list[bytes | None] = field(default_factory=list)
    headers: list[bytes] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Outgoing:
    """Gathers a transaction's messages by topic; `record` writes them with the lane's next numbers."""

    lane: str
    account_id: str | None = None
    _topics: dict[str, _Gathered] = field(default_factory=dict)

    def send(self, topic: str, *, key: bytes | None, value: bytes | None, headers: bytes = b"") -> None:
        """Send a message when the transaction has committed. headers: as packed by `pack_headers`."""
        gathered = self._topics.get(topic)
        if gathered is None:
            gathered = self._topics[topic] = _Gathered()
        gathered.keys.append(key)
        gathered.values.append(value)
        if headers or gathered.headers:
            gathered.headers.extend([b""] * (len(gathered.values) - 1 - len(gathered.headers)))
            gathered.headers.append(headers)

    @property
    def count(self) -> int:
        """How many messages were gathered."""
        return sum(len(gathered.values) for gathered in self._topics.values())

    async def record(self, connection: Connection, recorded_at: datetime) -> list[MessageList]:
        """Draw the sequence and insert: the last statements before COMMIT (DESIGN §5)."""
        total = self.count
        if total == 0:
            return []
        drawn = await connection.fetchval(QUERIES["draw_sequence"], self.lane, total)
        assert drawn is not None, f"lane {self.lane} does not exist"
        lists = self._numbered(int(drawn))
        for messages in lists:
            await connection.execute(QUERIES["insert_message_list"], *self._row(messages, recorded_at))
        return lists

    def _numbered(self, drawn: int) -> list[MessageList]:
        """What was gathered, numbered from the one after `drawn`."""
        lists = []
        for topic, gathered in self._topics.items():
            messages = MessageList(
                first_seq=drawn + 1,
                topic=topic,
                messages=Messages(keys=gathered.keys, values=gathered.values, headers=gathered.headers or None),
            )
            drawn = messages.last_seq
            lists.append(messages)
        return lists

    def _row(self, messages: MessageList, recorded_at: datetime) -> tuple[object, ...]:
        return (
            self.lane,
            messages.first_seq,
            messages.count,
            messages.topic,
            self.account_id,
            pack_messages(messages.messages),
            recorded_at,
        )


async def record_standing_lanes(
    connection: Connection, lanes: Sequence[Outgoing], recorded_at: datetime
) -> dict[str, int]:
    """Record what was gathered for several standing lanes, made where they do not exist.

    The lane sequence of each lane's first message, by lane. Lanes are locked in the order of their names,
    and last, as `Outgoing.record` does (DESIGN §5).
    """
    gathered = {outgoing.lane: outgoing for outgoing in lanes if outgoing.count}
    if not gathered:
        return {}
    # Those that are missing are made before any is locked: two transactions that each held a lane and then
    # made one the other waits for would lock each other out.
    known = await connection.fetch(QUERIES["list_lanes"], list(gathered))
    if missing := sorted(gathered.keys() - {row["lane"] for row in known}):
        await connection.execute(QUERIES["insert_standing_lanes"], missing)
    drawn = await _draw_sequences(connection, gathered)
    rows = [
        outgoing._row(messages, recorded_at)
        for lane, outgoing in gathered.items()
        for messages in outgoing._numbered(drawn[lane])
    ]
    await connection.executemany(QUERIES["insert_message_list"], rows)
    return {lane: before + 1 for lane, before in drawn.items()}


async def _draw_sequences(connection: Connection, gathered: dict[str, Outgoing]) -> dict[str, int]:
    lanes = sorted(gathered)
    rows = await connection.fetch(QUERIES["draw_sequences"], lanes, [gathered[lane].count for lane in lanes])
    return {row["lane"]: row["drawn"] for row in rows}


async def open_command_lane(connection: Connection, account_id: str) -> Outgoing:
    """The standing lane of one account's commands, made when it does not exist."""
    lane = f"commands/{account_id}"
    await connection.execute(QUERIES["insert_lane"], lane, account_id, True)
    return Outgoing(lane=lane, account_id=account_id)


async def open_standing_lane(connection: Connection, lane: str, account_id: str | None = None) -> Outgoing:
    """A standing lane by name, made when it does not exist."""
    await connection.execute(QUERIES["insert_lane"], lane, account_id, True)
    return Outgoing(lane=lane, account_id=account_id)
