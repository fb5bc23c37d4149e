"""Planning keys on a real database: once whoever plans, renewed in time, withdrawn with their secret."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import orjson
import pytest

from chassis.clock import system_clock, system_random
from chassis.database import Pool, open_pool
from chassis.migrate import ingest_role
from chassis.outbox.packing import unpack_messages
from chassis.signing_keys import KeyRing
from chassis.statements import verify
from contracts.events.facts import SigningKeyFact
from contracts.values.access import Caller, Privilege
from services.portal.domain.key_plan import AHEAD, LIFE
from services.portal.handlers.sign_in import SESSION_LIFE
from services.portal.handlers.signing_keys import KeyPlanner, KeySecret, NoSigningKey, Signer
from services.portal.jobs import REMEMBERED
from services.portal.store.signing_keys import delete_expired
from tests.conftest import FreshDatabase
from tests.service.portal.test_people import status
from tests.support.callers import a_caller
from tests.support.front import portal_on
from tests.support.schemas import as_role, migrated

OLD, NEW = KeySecret(secret=b"the old secret"), KeySecret(secret=b"the new secret")
PLANNERS = 20


@pytest.fixture
async def pool(fresh_database: FreshDatabase) -> AsyncIterator[Pool]:
    """The jobs' own pool."""
    dsn = as_role(await fresh_database(migrated("portal")), ingest_role("portal"))
    pool = await open_pool(dsn, schema="portal", application_name="test", max_size=PLANNERS)
    yield pool
    await pool.close()


def planner(pool: Pool, secret: KeySecret, later: timedelta = timedelta()) -> KeyPlanner:
    def clock() -> datetime:
        return system_clock() + later

    return KeyPlanner(pool=pool, secret=secret, clock=clock, random=system_random)


async def ring_of(pool: Pool) -> KeyRing:
    """What a service knows that has read every message in the outbox."""
    ring = KeyRing(complete=True)
    for row in await pool.fetch("SELECT messages FROM outbox ORDER BY first_seq"):
        for value in unpack_messages(row["messages"]).values:
            data = orjson.loads(value or b"")["data"]
            instants = {
                name: datetime.fromisoformat(data.pop(name)) for name in ("valid_from_at", "valid_until_at")
            }
            ring.take(SigningKeyFact(**data, **instants))
    return ring


def signer(ring: KeyRing, secret: KeySecret, later: timedelta = timedelta()) -> Signer:
    return Signer(secret=secret, published=ring.facts, clock=lambda: system_clock() + later)


async def test_however_many_plan_one_key_is_made(pool: Pool) -> None:
    made = await asyncio.gather(*(planner(pool, OLD).plan() for _ in range(PLANNERS)))
    assert sorted(made) == [0] * (PLANNERS - 1) + [1]


async def test_the_next_key_is_published_ahead_and_both_verify_meanwhile(pool: Pool) -> None:
    assert await planner(pool, OLD).plan() == 1
    assert await planner(pool, OLD, LIFE / 4).plan() == 0
    later = LIFE / 2 + timedelta(minutes=1)
    assert await planner(pool, OLD, later).plan() == 1
    ring = await ring_of(pool)
    kids = set()
    for moment in (later, later + AHEAD + timedelta(minutes=1)):
        text = signer(ring, OLD, moment).authorization(a_caller("acme", Privilege.EDIT_BILLING), "reporting")
        kids.add(text.split(".")[1])
        believed = verify(text.split()[1], audience="reporting", now=system_clock() + moment, find_key=ring.find)
        assert isinstance(believed, Caller)
    assert len(kids) == 2


async def test_a_new_secret_ends_what_the_old_one_signed(pool: Pool) -> None:
    await planner(pool, OLD).plan()
    stolen = signer(await ring_of(pool), OLD).authorization(a_caller(), "reporting").split()[1]
    assert await planner(pool, NEW).plan() == 2
    ring = await ring_of(pool)
    assert not isinstance(verify(stolen, audience="reporting", now=system_clock(), find_key=ring.find), Caller)
    with pytest.raises(NoSigningKey):
        signer(ring, OLD).authorization(a_caller(), "reporting")
    text = signer(ring, NEW).authorization(a_caller(), "reporting").split()[1]
    assert isinstance(verify(text, audience="reporting", now=system_clock(), find_key=ring.find), Caller)


async def test_what_is_over_is_forgotten_and_nothing_else(fresh_database: FreshDatabase) -> None:
    dsn = await fresh_database(migrated("portal"))
    jobs = await open_pool(as_role(dsn, ingest_role("portal")), schema="portal", application_name="t", max_size=1)
    async with portal_on(dsn) as front:
        await front.person("ada")
        token = await front.sign_in("ada")
        await front.try_sign_in("ada", "wrong")
        now = system_clock()
        assert await delete_expired(jobs, now, now - REMEMBERED) == 0
        assert await status(front, token) == 200
        over = now + SESSION_LIFE + timedelta(seconds=5)
        # The session; the attempt of the name that failed since; both attempts of the address.
        assert await delete_expired(jobs, over, over - REMEMBERED) == 4
        assert await status(front, token) == 401
    await jobs.close()
