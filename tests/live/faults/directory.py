"""What the directory is told during a run, and when: at the start, a newcomer, a move ahead of its instant."""

import asyncio
from dataclasses import dataclass, field

from tests.live.faults.cast import NEWCOMER, Account
from tests.live.faults.ground import Ground
from tests.live.faults.injector import DATABASE_AWAY
from tests.live.faults.sender import DirectoryEntry, Sender

NEWCOMER_APPEARS = 0.3
MOVE_ANNOUNCED = 0.45


@dataclass(slots=True, kw_only=True)
class Directory:
    """Announces through the sender; waits until billing_units has adopted what coming calls depend on.

    alone: usage_rating runs without billing_units; it is then given the account facts itself.
    """

    ground: Ground
    sender: Sender
    cast: dict[str, Account]
    alone: bool
    _announced: set[str] = field(default_factory=set)

    async def open(self) -> None:
        """Everything but the newcomer."""
        for account in self.cast.values():
            if account.account_id != NEWCOMER:
                await self._publish(account.account_id, account.entries)

    async def adopted(self) -> None:
        """Wait until the accounts of the start are there."""
        await self._until_adopted("account", len(self.cast) - 1)

    async def on_progress(self, share: float) -> None:
        """What is due when this share of the load is sent."""
        if share >= NEWCOMER_APPEARS and self._first("newcomer"):
            await self._publish(NEWCOMER, self.cast[NEWCOMER].entries)
        due = share + 2 * self.sender.chunk_share >= self.sender.load.share_before_late_move
        if (due or share >= MOVE_ANNOUNCED) and self._first("move"):
            for account in self.cast.values():
                await self._publish(account.account_id, account.late_entries)
        if due and self._first("adopted"):
            await self._until_adopted("assignment WHERE version = 2", len(self.cast))

    def _first(self, what: str) -> bool:
        new = what not in self._announced
        self._announced.add(what)
        return new

    async def _publish(self, account_id: str, entries: tuple[DirectoryEntry, ...]) -> None:
        if not self.alone:
            await self.sender.publish_directory(entries)
            return
        for kind, data in entries:
            if kind == "ringledger.account-recorded.v1":
                await self.sender.publish_account_fact(data)

    async def _until_adopted(self, what: str, count: int) -> None:
        while not self.alone:
            try:
                (row,) = await self.ground.query(f"SELECT count(*) AS rows FROM billing_units.{what}")
            except DATABASE_AWAY:
                row = {"rows": 0}
            if row["rows"] >= count:
                return
            await asyncio.sleep(0.2)
