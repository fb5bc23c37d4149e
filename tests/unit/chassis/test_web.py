"""The door of an API: the operator key that everybody has does not guard it beyond loopback."""

import pytest

from chassis.guard import DEVELOPMENT_OPERATOR_KEY, OpenDoor, refuse_open_door
from tests.support.callers import PUBLIC_KEY


@pytest.mark.parametrize(
    ("host", "key", "beyond"),
    [
        ("127.0.0.1", DEVELOPMENT_OPERATOR_KEY, False),
        ("::1", DEVELOPMENT_OPERATOR_KEY, False),
        ("localhost", DEVELOPMENT_OPERATOR_KEY, False),
        ("0.0.0.0", DEVELOPMENT_OPERATOR_KEY, True),
        ("0.0.0.0", PUBLIC_KEY, False),
        ("0.0.0.0", "", False),
    ],
)
def test_the_door_opens_on_loopback_with_a_key_of_one_s_own_or_when_told(host: str, key: str, beyond: bool) -> None:
    refuse_open_door(host, operator_public_key=key, beyond_loopback=beyond)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "db1"])
def test_the_door_stays_shut_to_the_network(host: str) -> None:
    with pytest.raises(OpenDoor, match=f"will not listen on {host}"):
        refuse_open_door(host, operator_public_key=DEVELOPMENT_OPERATOR_KEY, beyond_loopback=False)
