"""The guard at a service's door: lets in who brings a statement for this service, signed with a known key."""

from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING, ClassVar

from starlette.requests import Request

from chassis.clock import Clock
from chassis.signing_keys import KeyRing
from chassis.statements import SCHEME, Unproven, read_public, verify
from contracts.values.access import Caller

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

DEVELOPMENT_OPERATOR_KEY = "6vEkh_uoYH9ZkvGdEToUcA3aGaL68oxdkB3fEQogkz4"
"""The public half of docker-compose.yml's default, whose private half everybody can read."""


class OpenDoor(RuntimeError):
    """The API was told to listen to the network although everybody has the operator's key it trusts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """Knows the service's name, which statements must carry, and the keys that prove them."""

    audience: str
    clock: Clock
    keys: KeyRing = field(default_factory=KeyRing)

    scheme: ClassVar[str] = SCHEME

    @property
    def complete(self) -> bool:
        """Whether every key is known that was published before this process started."""
        return self.keys.complete

    async def admit(self, request: Request) -> Caller | Unproven:
        """Who asks, by the request's `Authorization` header."""
        return self.read(request.headers.get("authorization", ""))

    def read(self, authorization: str) -> Caller | Unproven:
        """Who asks, by the `Authorization` header; anything but a statement for this service proves nothing."""
        scheme, _, statement = authorization.partition(" ")
        if scheme.lower() != SCHEME.lower():
            return Unproven(why="no statement")
        return verify(statement.strip(), audience=self.audience, now=self.clock(), find_key=self.keys.find)


def operator_key(text: str) -> "Ed25519PublicKey | None":
    """The operator's public key as settings give it, None where nothing is given. Raises ValueError."""
    return read_public(text) if text else None


def refuse_open_door(host: str, *, operator_public_key: str, beyond_loopback: bool) -> None:
    """Raise OpenDoor for a host that is not loopback while the operator's key is the one everybody knows.

    beyond_loopback: the operator says that something else guards the door.
    """
    if operator_public_key != DEVELOPMENT_OPERATOR_KEY or beyond_loopback or host == "localhost":
        return
    try:
        loopback = ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise OpenDoor(
            f"the API trusts the operator key for development and will not listen on {host}; give a key of your "
            "own (`ringledger operator-key`), use 127.0.0.1, or set …_API_BEYOND_LOOPBACK=true where something "
            "else keeps strangers out"
        )
