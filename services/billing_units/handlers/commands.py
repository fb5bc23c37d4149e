"""What every command of the API shares: one transaction under the account's stripe, and how it is refused."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Self

from chassis.audit.recording import record_all
from chassis.clock import Clock, Random
from chassis.database import Connection, Pool, account_transaction
from chassis.outbox.lanes import open_command_lane
from chassis.stripes import StripeClass, Stripes, take_stripes
from contracts.events.directory import DirectoryEvent
from contracts.values.access import Caller
from contracts.values.ids import time_ordered_id
from services.billing_units.handlers.auditing import changes_of
from services.billing_units.handlers.directory import record_changes
from services.billing_units.handlers.entries import entry_of
from services.billing_units.store.directory import Entry

EXCLUSIVE = (Stripes(kind=StripeClass.DIRECTORY, exclusive=True),)
"""What a change takes: it waits for every batch of the account, and later ones wait for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a command changed nothing. more: what programs need beside the sentence, as the unit in the way."""

    code: str
    says: str
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Commands:
    """What commands are decided with; `schema` names the stripes. caller: who asks, None until somebody does."""

    pool: Pool
    schema: str
    clock: Clock
    random: Random
    caller: Caller | None = None

    def by(self, caller: Caller) -> Self:
        """The same, asked by this caller."""
        return replace(self, caller=caller)

    @property
    def asked_by(self) -> Caller:
        """Who asks. A command without one is a defect: nothing is changed by nobody."""
        assert self.caller is not None, "a command is asked by somebody"
        return self.caller

    @property
    def author(self) -> str:
        """Who asks, as records name it."""
        return self.asked_by.author

    @asynccontextmanager
    async def changing(self, account_id: str) -> AsyncIterator[Connection]:
        """A transaction that has waited for every batch of the account, and that later ones wait for."""
        async with account_transaction(self.pool, account_id) as connection:
            await take_stripes(connection, schema=self.schema, stripes=EXCLUSIVE, accounts=[account_id])
            yield connection

    def new_id(self, now: datetime) -> str:
        """An id for something that begins to be."""
        return str(time_ordered_id(now, self.random))


async def record(
    commands: Commands,
    connection: Connection,
    account_id: str,
    changes: Sequence[DirectoryEvent],
    now: datetime,
) -> None:
    """Write changes of one account, their facts, and who made them."""
    entries = [entry_of(change, None, commands.author) for change in changes]
    await record_entries(commands, connection, account_id, entries, now)


async def record_entries(
    commands: Commands, connection: Connection, account_id: str, entries: Sequence[Entry], now: datetime
) -> None:
    """As `record`, for entries that know their content and author; the audit chain and the lane come last."""
    outgoing = await open_command_lane(connection, account_id)
    changes = await changes_of(connection, account_id, entries)
    await record_changes(connection, outgoing, entries, now)
    await record_all(connection, commands.asked_by, changes, now)
    await outgoing.record(connection, now)


def no_account(account_id: str) -> Refusal:
    """The refusal of a command for an account that is not known."""
    return Refusal(code="not_found", says=f"There is no account {account_id!r}.")


def no_unit(unit_id: str) -> Refusal:
    """The refusal of a command for a unit that the account does not have."""
    return Refusal(code="not_found", says=f"This account has no unit {unit_id}.")
