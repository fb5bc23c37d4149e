"""Reads and writes headers whose name is not UTF-8, which aiokafka itself can do neither of.

Kafka calls a header's name a string, but a broker stores whatever bytes a producer sent. aiokafka 0.14 decodes
names strictly inside its record parser, so a fetch that holds one other name fails before any record of ours is
at hand, is fetched again, fails again, and its partition stands still for ever; its producer refuses such names
too. Here names are text in which bytes that are no UTF-8 stand as lone surrogates (`surrogateescape`), both ways.

It exchanges one name in aiokafka's fetcher and builds on its plain Python reader and writer of batches, which are
not public; a version that reads and writes names in this way, or as bytes, makes this file unnecessary.
"""

import struct
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy, _DefaultRecordBatchPy
from aiokafka.record.memory_records import MemoryRecords

from chassis.outbox.headers import Header

_LENGTH = struct.Struct(">i")
_LENGTH_AT = 8
"""Where a batch says how many bytes follow its length (Kafka protocol, record batch)."""


def read_any_header_name() -> None:
    """Let every consumer of this process read any header name; calling it again changes nothing."""
    fetcher.MemoryRecords = AnyNameRecords


class AnyNameRecords:
    """The batches of one fetch, in place of aiokafka's `MemoryRecords`, which does the work."""

    def __init__(self, data: bytes) -> None:
        self._batches = MemoryRecords(data)
        self._data = memoryview(data)
        self._position = 0

    def size_in_bytes(self) -> int:
        """Size of what was fetched."""
        return len(self._data)

    def has_next(self) -> bool:
        """Whether a whole batch is left."""
        return bool(self._batches.has_next())

    def next_batch(self) -> "_Batch | None":
        """The next batch, None after the last."""
        batch = self._batches.next_batch()
        if batch is None:
            return None
        start = self._position
        (length,) = _LENGTH.unpack_from(self._data, start + _LENGTH_AT)
        self._position = start + _LENGTH_AT + _LENGTH.size + length
        return _Batch(batch, self._data[start : self._position])


class _Batch:
    """One batch as aiokafka's fast parser reads it, and from the first name it cannot read on, tolerantly."""

    def __init__(self, strict: Any, raw: memoryview) -> None:
        self._strict = strict
        self._raw = raw

    def __getattr__(self, name: str) -> Any:
        return getattr(self._strict, name)

    def __next__(self) -> Any:
        """Of a control batch only, whose one record has no headers."""
        return next(self._strict)

    def __iter__(self) -> Iterator[Any]:
        passed = 0
        try:
            for record in self._strict:
                passed += 1
                yield record
            return
        except (UnicodeDecodeError, CorruptRecordException) as error:
            # The plain Python parser, used where aiokafka came without its extensions, wraps the cause.
            if not isinstance(error.__cause__ or error, UnicodeDecodeError):
                raise
        yield from islice(_TolerantBatch(self._raw), passed, None)


class _TolerantBatch(_DefaultRecordBatchPy):  # type: ignore[misc]
    def __iter__(self) -> Iterator[Any]:
        super().__iter__()  # decompresses
        self._buffer: bytearray = _Bytes(self._buffer)
        return self


class _Bytes(bytearray):
    """Bytes whose parts decode to text whatever they hold; the parser decodes nothing but header names."""

    def __getitem__(self, place: Any) -> Any:
        part = super().__getitem__(place)
        return _Bytes(part) if isinstance(part, bytearray) else part

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        return super().decode(encoding, "surrogateescape")


class AnyNameBatch(BatchBuilder):  # type: ignore[misc]
    """A batch for `send_batch` whose header names may be any; made in plain Python, so for rare records."""

    def __init__(self, max_bytes: int) -> None:
        super().__init__(max_bytes, compression_type=0)
        self._builder = _DefaultRecordBatchBuilderPy(
            magic=2,
            compression_type=0,
            is_transactional=0,
            producer_id=-1,
            producer_epoch=-1,
            base_sequence=0,
            batch_size=max_bytes,
        )

    def append(
        self, *, timestamp: int | None, key: bytes | None, value: bytes | None, headers: Iterable[Header] = ()
    ) -> Any:
        """Add a message; None when it no longer fits. timestamp: milliseconds, None for now."""
        named = [(_Name(name), content) for name, content in headers]
        return super().append(timestamp=timestamp, key=key, value=value, headers=named)

    def _set_producer_state(self, producer_id: int, producer_epoch: int, base_sequence: int) -> None:
        """As in the class above, which insists on its own builder."""
        self._builder.set_producer_state(producer_id, producer_epoch, base_sequence)


class _Name(str):
    __slots__ = ()

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        return super().encode(encoding, "surrogateescape")
