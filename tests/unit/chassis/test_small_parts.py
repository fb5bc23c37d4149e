"""The small parts of the chassis: limits, headers, partitions, stripes, statements, settings, logs, migrations."""

import io
import logging
from collections.abc import Iterable, Mapping
from pathlib import Path

import orjson
import pytest
from aiokafka import TopicPartition
from hypothesis import given
from hypothesis import strategies as st

from chassis.intake.batch import DeadLetter
from chassis.intake.dead_letters import DETAIL_CHARACTERS, DeadLetterLimit, dead_letter_headers
from chassis.intake.partitions import Hold, Partitions
from chassis.logs import LibraryLines, masked_text
from chassis.migrate import MigrationError, read_migrations, with_roles
from chassis.outbox.headers import pack_headers, unpack_headers
from chassis.outbox.producer import partition_of
from chassis.settings import ServiceSettings
from chassis.sql import Queries
from chassis.stripes import STRIPES, StripeClass, stripe_of
from contracts.values.phone import masked
from services.usage_rating.settings import UsageRatingSettings
from tests.support.records import AT, a_record

HERE = TopicPartition("notes", 0)
THERE = TopicPartition("notes", 1)


def stopped_after(batches: Iterable[tuple[float, int, int]], *, count: int = 10, share: float = 0.05) -> list[int]:
    """Which of the batches (at, read, dead) go past the limit within a window of 300 s."""
    limit = DeadLetterLimit(count=count, share=share, window_s=300)
    return [n for n, (at, read, dead) in enumerate(batches) if limit.exceeded(now_s=at, read=read, dead=dead)]


@pytest.mark.parametrize(
    ("batches", "stops"),
    [
        ([(0, 9, 9)], []),
        ([(0, 10, 10)], [0]),
        ([(0, 200, 10)], []),
        ([(0, 199, 10)], [0]),
        ([(0, 100, 5), (1, 50, 5)], [1]),
        ([(0, 100, 9), (300, 1, 1)], [1]),
        ([(0, 100, 9), (301, 1, 1)], []),
        ([(0, 1, 0), (1000, 10, 10), (1000.5, 10_000, 0)], [1]),
    ],
)
def test_a_partition_stops_at_the_count_and_above_the_share(
    batches: list[tuple[float, int, int]], stops: list[int]
) -> None:
    assert stopped_after(batches) == stops


HEADERS = st.lists(st.tuples(st.text(st.characters(codec="utf-8")), st.none() | st.binary(max_size=300)))


@given(HEADERS)
def test_packed_headers_come_back_as_they_were(headers: list[tuple[str, bytes | None]]) -> None:
    assert unpack_headers(pack_headers(headers)) == headers


def test_a_dead_letter_keeps_its_headers_and_says_where_it_stood() -> None:
    own = [("trace", b"\xff\x00"), ("nothing", None), ("empty", b""), ("trace", b"again")]
    record = a_record(b"?", offset=7, topic="calls", partition=3, headers=own)
    letter = DeadLetter(record=record, code="not_json", detail="ä" * 5000)
    found = unpack_headers(dead_letter_headers(letter, group="rating", failed_at=AT))
    assert found[:4] == own
    assert dict(found[4:]) == {
        "dlq_topic": b"calls",
        "dlq_partition": b"3",
        "dlq_offset": b"7",
        "dlq_group": b"rating",
        "dlq_code": b"not_json",
        "dlq_detail": ("ä" * DETAIL_CHARACTERS).encode(),
        "dlq_failed_at": b"2026-07-01T12:00:00+00:00",
    }


class Shown(list[Mapping[TopicPartition, int]]):
    """What a group would be told."""

    async def show(self, standing: Mapping[TopicPartition, int]) -> None:
        self.append(standing)


async def test_every_assignment_begins_a_new_generation_and_forgets_claims() -> None:
    shown = Shown()
    partitions = Partitions(shown.show)
    partitions.on_partitions_assigned([HERE, THERE])
    assert partitions.joined and partitions.assigned == {HERE, THERE}
    state = partitions[HERE]
    state.hold, state.epoch, state.anchored, state.next_offset = Hold.HELD, 5, True, 7
    before = state.generation
    assert partitions.owns(HERE, 5) and not partitions.owns(HERE, 4)
    await partitions.on_partitions_revoked([HERE, THERE])
    assert shown == [{HERE: 7}], "the next owner is told where this one stood"
    assert partitions.assigned == frozenset()
    assert (state.hold, state.anchored, state.generation) == (Hold.UNCLAIMED, False, before + 1)
    assert not partitions.owns(HERE, 5)
    partitions.on_partitions_assigned([HERE])
    assert partitions.assigned == {HERE} and state.generation == before + 2


async def test_a_stopped_partition_stays_stopped_through_a_rebalance() -> None:
    partitions = Partitions(Shown().show)
    partitions.on_partitions_assigned([HERE, THERE])
    before = partitions[HERE].generation
    partitions[HERE].hold, partitions[HERE].epoch = Hold.HELD, 5
    partitions.stop(HERE, "records 0 to 9 were deleted")
    assert partitions[HERE].generation == before + 1
    assert partitions.owns(HERE, 5), "what was committed before the alarm is still to be published"
    await partitions.on_partitions_revoked([HERE, THERE])
    assert not partitions.owns(HERE, 5)
    partitions.on_partitions_assigned([HERE, THERE])
    assert (partitions[HERE].hold, partitions[THERE].hold) == (Hold.STOPPED, Hold.UNCLAIMED)
    assert partitions.alarms == {"notes/0": "records 0 to 9 were deleted"}


@given(st.text(min_size=1, max_size=40))
def test_an_account_has_one_stripe(account: str) -> None:
    assert 0 <= stripe_of(account) < STRIPES
    assert stripe_of(account) == stripe_of(account)


def test_stripes_spread_and_stay_what_they_are() -> None:
    """Two versions of a service running side by side must agree on the numbers."""
    assert (stripe_of("acme"), stripe_of("harbour-care")) == (62, 91)
    assert len({stripe_of(f"account-{number}") for number in range(2000)}) == STRIPES
    assert list(StripeClass) == [StripeClass.DIRECTORY, StripeClass.PERIOD]


@given(st.binary(max_size=40), st.integers(1, 64))
def test_a_key_always_goes_to_the_same_partition(key: bytes, partitions: int) -> None:
    assert 0 <= partition_of(key, partitions) < partitions
    assert partition_of(key, partitions) == partition_of(bytes(key), partitions)


def test_partitions_are_those_of_librdkafka_s_consistent_partitioner() -> None:
    assert partition_of(b"123456789", 1 << 32) == 0xCBF43926
    assert partition_of(None, 12) == 0


def test_statements_are_found_by_name() -> None:
    queries = Queries("chassis.intake")
    assert queries["move_position"].startswith("-- The first statement of a batch")
    assert "insert_fate" in set(queries) and len(queries) == len(list(queries))
    with pytest.raises(KeyError):
        queries["nobody_wrote_this"]


@pytest.mark.parametrize(
    ("settings", "ingest", "api"),
    [
        (
            ServiceSettings(kafka_bootstrap_servers="k:1"),
            ["ingest_postgres_dsn"],
            ["api_postgres_dsn"],
        ),
        (
            UsageRatingSettings(kafka_bootstrap_servers="k:1", ingest_postgres_dsn="x", token_key="t"),
            [],
            ["api_postgres_dsn"],
        ),
        (
            UsageRatingSettings(kafka_bootstrap_servers="k:1", api_postgres_dsn="x"),
            ["ingest_postgres_dsn", "token_key"],
            [],
        ),
    ],
)
def test_a_role_asks_for_what_it_needs_and_no_more(
    settings: ServiceSettings, ingest: list[str], api: list[str]
) -> None:
    assert settings.missing_for("ingest") == ingest
    assert settings.missing_for("api") == api
    assert settings.instance


def test_secrets_do_not_show_in_what_settings_print() -> None:
    settings = UsageRatingSettings(kafka_bootstrap_servers="k:1", token_key="hush-token")
    assert "hush" not in repr(settings) and "hush" not in str(settings.model_dump())


@given(st.from_regex(r"\+[0-9]{7,15}", fullmatch=True))
def test_numbers_are_masked_wherever_they_stand(number: str) -> None:
    assert masked_text(f'{{"event":"call to {number}","list":["{number}"]}}').count(number) == 0
    assert masked_text(number) == masked(number)


def test_what_libraries_log_is_one_masked_object_a_line() -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(LibraryLines())
    logger = logging.Logger("some.library")
    logger.addHandler(handler)
    try:
        raise ValueError('two\nlines and a "quote" about +4930123456')
    except ValueError as error:
        logger.exception("failed: %s", error)
    [line] = stream.getvalue().splitlines()
    said = orjson.loads(line)
    assert said["event"] == 'failed: two\nlines and a "quote" about +493012****'
    assert "ValueError" in said["exception"] and "+4930123456" not in line


def package(folder: Path, name: str, *files: str) -> str:
    """A package with these migrations, importable from `folder`."""
    migrations = folder / name / "migrations"
    migrations.mkdir(parents=True)
    (folder / name / "__init__.py").write_text('"""A package of a test."""\n')
    for file in files:
        (migrations / file).write_text(f"-- {file}\n")
    return name


def test_migrations_are_read_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    found = read_migrations(package(tmp_path, "road", "0002_b.sql", "0001_a.sql", "notes.txt"), "here")
    assert [(one.origin, one.name, one.text) for one in found] == [
        ("here", "0001_a.sql", "-- 0001_a.sql\n"),
        ("here", "0002_b.sql", "-- 0002_b.sql\n"),
    ]
    assert found[0].checksum != found[1].checksum


@pytest.mark.parametrize(
    ("name", "files"), [("gap", ("0001_a.sql", "0003_c.sql")), ("twice", ("0001_a.sql", "0001_b.sql"))]
)
def test_a_gap_in_the_numbers_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, files: tuple[str, ...]
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(MigrationError, match="expected 2"):
        read_migrations(package(tmp_path, name, *files), "here")


def test_role_names_are_put_into_a_migration() -> None:
    text = with_roles("GRANT SELECT ON t TO @ingest@, @api@", "reporting")
    assert text == "GRANT SELECT ON t TO ringledger_reporting_ingest, ringledger_reporting_api"
