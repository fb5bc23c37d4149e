"""Header names that are no UTF-8: read among good neighbours and written as they came, by aiokafka's parts."""

import gzip
import struct
from collections.abc import Sequence
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer.fetcher import READ_COMMITTED, PartitionRecords
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.legacy_records import LegacyRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.record.util import calc_crc32c

from chassis.header_names import AnyNameBatch, AnyNameRecords
from chassis.outbox.headers import Header

PLACE = TopicPartition("calls", 0)
ODD = "x-\udcff\udc80"
"""The bytes `x-`, FF, 80."""

HEADERS: Sequence[Sequence[Header]] = (
    [("content-type", b"application/json")],
    [("before", b"1"), (ODD, b"\xff"), ("nothing", None), ("ä", b"")],
    [],
    [(ODD, None)],
    [("after", b"2")],
)
CODEC_AT, GZIP = 22, 1
ATTRIBUTES_AT, CRC_AT, RECORDS_AT = 21, 17, 61
"""Where a record batch holds these (Kafka protocol); the codec is in the attributes' low byte."""


def batch(headers: Sequence[Sequence[Header]] = HEADERS, *, first_offset: int = 0) -> bytes:
    builder = AnyNameBatch(1_000_000)
    for number, mine in enumerate(headers):
        appended = builder.append(timestamp=1_000 + number, key=b"k%d" % number, value=b"v", headers=mine)
        assert appended is not None
    return struct.pack(">q", first_offset) + bytes(builder._build())[8:]


def compressed(plain: bytes) -> bytes:
    """The same batch with its records in gzip."""
    whole = bytearray(plain[:RECORDS_AT] + gzip.compress(plain[RECORDS_AT:]))
    whole[CODEC_AT] |= GZIP
    whole[8:12] = struct.pack(">i", len(whole) - 12)
    whole[CRC_AT:ATTRIBUTES_AT] = struct.pack(">I", calc_crc32c(bytes(whole[ATTRIBUTES_AT:])))
    return bytes(whole)


def fetched(data: bytes, *, from_offset: int = 0) -> list[Any]:
    """What a consumer makes of the bytes of one fetch."""
    records = PartitionRecords(PLACE, AnyNameRecords(data), [], from_offset, None, None, True, READ_COMMITTED)
    return list(records)


def test_aiokafka_alone_fails_on_such_a_name() -> None:
    """Should this fail, aiokafka has learnt it, and `chassis/header_names.py` can go."""
    records = PartitionRecords(PLACE, MemoryRecords(batch()), [], 0, None, None, True, READ_COMMITTED)
    with pytest.raises(UnicodeDecodeError):
        list(records)
    builder = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, 0, 1_000)
    with pytest.raises(UnicodeEncodeError):
        builder.append(0, timestamp=None, key=b"k", value=b"v", headers=[(ODD, b"")])


def test_the_bytes_of_a_name_are_written_as_they_are() -> None:
    assert b"\x08x-\xff\x80\x02\xff" in batch()


@pytest.mark.parametrize("packing", [bytes, compressed], ids=["plain", "gzip"])
def test_every_record_is_read_once_and_in_order(packing: Any) -> None:
    data = packing(batch()) + packing(batch(HEADERS[:1], first_offset=5)) + packing(batch(first_offset=6))
    found = fetched(data)
    assert [record.offset for record in found] == list(range(11))
    assert [list(record.headers) for record in found] == [*HEADERS, HEADERS[0], *HEADERS]
    assert [record.key for record in found[:5]] == [b"k0", b"k1", b"k2", b"k3", b"k4"]
    assert [record.timestamp for record in found[:5]] == [1_000, 1_001, 1_002, 1_003, 1_004]


def test_reading_begins_where_it_was_asked_to_and_leaves_a_cut_batch() -> None:
    data = batch()
    assert [record.offset for record in fetched(data + data[:-1], from_offset=3)] == [3, 4]


def test_what_is_damaged_is_still_refused() -> None:
    damaged = bytearray(batch())
    damaged[-1] ^= 1
    with pytest.raises(CorruptRecordException):
        fetched(bytes(damaged))
    cut = bytearray(batch([[], []]))
    cut[RECORDS_AT] += 2
    cut[CRC_AT:ATTRIBUTES_AT] = struct.pack(">I", calc_crc32c(bytes(cut[ATTRIBUTES_AT:])))
    with pytest.raises(CorruptRecordException):
        fetched(bytes(cut))


def test_old_formats_have_no_headers_and_are_read() -> None:
    builder = LegacyRecordBatchBuilder(magic=1, compression_type=0, batch_size=1_000)
    builder.append(0, timestamp=1, key=b"k", value=b"v", headers=[])
    assert [record.value for record in fetched(bytes(builder.build()))] == [b"v"]
