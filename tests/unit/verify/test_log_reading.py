"""What the proof takes for a message of ours, and which checks there are."""

from uuid import UUID

import pytest

from cli.verify.checks import CHECKS, OF_EACH_SERVICE, input_topics
from cli.verify.flights import identity_of, topics_of_passages
from cli.verify.snapshot import QUERIES
from contracts.topics import SERVICES, TOPICS

ID = "6f1d2a0e-6c1b-5e0a-9a55-3b1f0c7d1a01"


def test_a_message_is_known_by_account_and_id() -> None:
    value = b'{"id":"%s","data":{"account_id":"acme"}}' % ID.encode()
    assert identity_of(value) == ("acme", UUID(ID))


@pytest.mark.parametrize(
    "value", [None, b"", b"[]", b"not JSON", b"{}", b'{"id":"x","data":{"account_id":"a"}}', b"\xff"]
)
def test_what_is_no_message_is_passed_over(value: bytes | None) -> None:
    assert identity_of(value) is None


def test_every_check_has_a_name_of_its_own_a_sentence_and_a_query() -> None:
    checks = (*CHECKS, *OF_EACH_SERVICE)
    assert len({check.name for check in checks}) == len(checks)
    for check in checks:
        assert check.sentence.endswith(".")
        assert check.query in QUERIES


def test_every_declared_input_is_looked_at() -> None:
    looked_at = input_topics()
    for topic in TOPICS:
        for service in topic.consumers:
            if service in SERVICES:
                assert topic.name in looked_at[service]
    assert len(topics_of_passages()) == 6
