"""The door of an API: one static key does not guard it beyond loopback."""

import pytest

from chassis.web import OpenDoor, refuse_open_door


@pytest.mark.parametrize(
    ("host", "beyond"), [("127.0.0.1", False), ("::1", False), ("localhost", False), ("0.0.0.0", True)]
)
def test_the_door_opens_on_loopback_or_when_told(host: str, beyond: bool) -> None:
    refuse_open_door(host, beyond_loopback=beyond)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "db1"])
def test_the_door_stays_shut_to_the_network(host: str) -> None:
    with pytest.raises(OpenDoor, match=f"will not listen on {host}"):
        refuse_open_door(host, beyond_loopback=False)
