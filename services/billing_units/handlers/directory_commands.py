"""Directory entries by command: in order per entity, so that an older version never overwrites a newer one."""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from datetime import datetime
from hashlib import sha256

from pydantic import TypeAdapter

from contracts.events.directory import AccountRecorded, DirectoryEvent, SplitChange, SplitPolicy
from contracts.events.envelope import to_json
from contracts.events.refusals import refusal_of
from services.billing_units.domain.versions import Standing, compare
from services.billing_units.handlers.commands import Commands, Refusal, no_account, record_entries
from services.billing_units.handlers.directory import find_fixed_currency
from services.billing_units.handlers.entries import entry_of, spelled_out
from services.billing_units.store import directory, listing

FIRST_VERSION = 1
Expected = Callable[[int], bool]
"""Whether the version that stands is one that the caller has seen (`If-Match`)."""

_SPLIT_CHANGES = TypeAdapter(list[SplitChange])


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """The entry as it stands. changed: whether this command made it so."""

    data: DirectoryEvent
    changed: bool


async def put_entry(commands: Commands, wanted: DirectoryEvent, *, versioned: bool) -> Put | Refusal:
    """Let an entry be as `wanted`; the same content again changes nothing.

    versioned: `wanted.version` is the caller's: a lower one than stands is refused, an equal one with other
    content too. Otherwise the next version is taken when the content differs.
    """
    says = refusal_of(wanted)
    if says is not None:
        return Refusal(code="invalid_entry", says=says)
    content = _content(wanted)
    async with commands.changing(wanted.account_id) as connection:
        is_account = isinstance(wanted, AccountRecorded)
        if not is_account and await listing.find_account(connection, wanted.account_id) is None:
            return no_account(wanted.account_id)
        entry = entry_of(wanted, content, commands.author)
        known = (await directory.list_versions(connection, [entry.key])).get(entry.key)
        if not versioned:
            if known is not None and known.content_hash == content:
                return Put(data=replace(wanted, version=known.version), changed=False)
            wanted = replace(wanted, version=FIRST_VERSION if known is None else known.version + 1)
            entry = entry_of(wanted, content, commands.author)
        standing = compare(wanted.version, content, known)
        if standing is Standing.REPEAT:
            return Put(data=wanted, changed=False)
        if standing is not Standing.NEWER:
            assert known is not None, "an entry that is not known is new"
            return _outdated(standing, entry, known.version)
        fixed = await find_fixed_currency(connection, [entry])
        if fixed is not None:
            return Refusal(code="currency_fixed", says=f"The account has charges in {fixed[1]}, which it keeps.")
        await record_entries(commands, connection, wanted.account_id, [entry], commands.clock())
        return Put(data=wanted, changed=True)


async def put_split_policy(
    commands: Commands, account_id: str, policy: SplitPolicy, from_at: datetime | None, expected: Expected
) -> Put | Refusal:
    """Split uses of users in several units by another policy from an instant on (now unless said).

    Changes planned for that instant or later are dropped: the policy asked for stays.
    """
    async with commands.changing(account_id) as connection:
        account = await listing.find_account(connection, account_id)
        if account is None:
            return no_account(account_id)
        if not expected(account["version"]):
            says = f"The account is at version {account['version']} by now: read it again, then decide."
            return Refusal(code="changed_meanwhile", says=says, more={"version": account["version"]})
        now = commands.clock()
        begins_at = from_at or now
        earlier = [change for change in _changes_of(account) if change.from_at < begins_at]
        stands = AccountRecorded(
            **{name: account[name] for name in _KEPT},
            version=account["version"] + 1,
            split_changes=(*earlier, SplitChange(from_at=begins_at, policy=policy)),
        )
        entry = entry_of(stands, _content(stands), commands.author)
        await record_entries(commands, connection, account_id, [entry], now)
        return Put(data=stands, changed=True)


_KEPT = ("account_id", "name", "currency", "zone", "anchor_day", "split_policy", "access", "deleted")


def _changes_of(account: listing.Row) -> list[SplitChange]:
    return _SPLIT_CHANGES.validate_json(account["split_changes"])


def _content(data: DirectoryEvent) -> bytes:
    """What tells a repeat of a version from another content."""
    said = {field.name: getattr(data, field.name) for field in fields(data)} | {"version": FIRST_VERSION}
    unsaid = spelled_out(type(data), said)
    return sha256(to_json({name: value for name, value in said.items() if name not in unsaid})).digest()


def _outdated(standing: Standing, entry: directory.Entry, version: int) -> Refusal:
    named = f"{entry.kind} {entry.entry_id}"
    if standing is Standing.SUPERSEDED:
        says = f"{named} is at version {version} already, which is newer than {entry.data.version}."
        return Refusal(code="superseded", says=says, more={"version": version})
    says = f"{named} is at version {version} with other content; send a higher version."
    return Refusal(code="version_taken", says=says, more={"version": version})
