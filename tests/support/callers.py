"""Who asks in tests: statements signed with a key of tests, as an operator or as somebody with privileges."""

from collections.abc import Generator, Iterable
from dataclasses import dataclass
from datetime import datetime

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chassis.clock import system_clock
from chassis.guard import Guard
from chassis.signing_keys import KeyRing
from chassis.statements import OPERATOR_KEY_ID, SCHEME, SigningKey, private_text, public_text, sign
from contracts.values.access import Caller, CallerKind, Privilege

TEST_KEY = SigningKey(key_id=OPERATOR_KEY_ID, private=Ed25519PrivateKey.from_private_bytes(b"tests" + bytes(27)))
OTHER_KEY = SigningKey(key_id=OPERATOR_KEY_ID, private=Ed25519PrivateKey.from_private_bytes(b"other" + bytes(27)))
PRIVATE_KEY = private_text(TEST_KEY.private)
PUBLIC_KEY = public_text(TEST_KEY.private.public_key())


def a_caller(
    account: str = "acme",
    *privileges: Privilege,
    units: Iterable[str] | None = None,
    kind: CallerKind = CallerKind.PERSON,
    request_id: str = "a-request",
) -> Caller:
    """Somebody who asks; an operator where no privilege is named."""
    return Caller(
        account_id=account,
        kind=kind if privileges else CallerKind.OPERATOR,
        caller_id="somebody",
        privileges=frozenset(privileges or {Privilege.OPERATE}),
        units=None if units is None else frozenset(units),
        request_id=request_id,
    )


def statement(caller: Caller, audience: str, *, now: datetime | None = None, key: SigningKey = TEST_KEY) -> str:
    """The `Authorization` header that says so."""
    return f"{SCHEME} {sign(caller, audience=audience, now=now or system_clock(), key=key)}"


def a_guard(audience: str) -> Guard:
    """A guard that takes statements signed with the tests' key."""
    keys = KeyRing(operator=TEST_KEY.private.public_key(), complete=True)
    return Guard(audience=audience, clock=system_clock, keys=keys)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed(httpx.Auth):
    """Signs every request of a client anew: `Client(auth=Signed(caller=a_caller(), audience="reporting"))`."""

    caller: Caller
    audience: str
    key: SigningKey = TEST_KEY

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """The request with its statement."""
        request.headers["Authorization"] = statement(self.caller, self.audience, key=self.key)
        yield request
