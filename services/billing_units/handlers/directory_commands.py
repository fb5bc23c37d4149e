"""Directory entries by command: in order per entity, so that an older version never overwrites a newer one."""

from dataclasses import dataclass, replace
from hashlib import sha256

from contracts.events.directory import AccountRecorded, DirectoryEvent
from contracts.events.envelope import to_json
from services.billing_units.domain.versions import Standing, compare
from services.billing_units.handlers.commands import Commands, Refusal, no_account, record_entries
from services.billing_units.handlers.directory import find_fixed_currency
from services.billing_units.handlers.entries import entry_of, refusal_of
from services.billing_units.store import directory, listing

FIRST_VERSION = 1


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
    content = sha256(to_json(replace(wanted, version=FIRST_VERSION))).digest()
    async with commands.changing(wanted.account_id) as connection:
        is_account = isinstance(wanted, AccountRecorded)
        if not is_account and await listing.find_account(connection, wanted.account_id) is None:
            return no_account(wanted.account_id)
        entry = entry_of(wanted, content)
        known = (await directory.list_versions(connection, [entry.key])).get(entry.key)
        if not versioned:
            if known is not None and known.content_hash == content:
                return Put(data=replace(wanted, version=known.version), changed=False)
            wanted = replace(wanted, version=FIRST_VERSION if known is None else known.version + 1)
            entry = entry_of(wanted, content)
        standing = compare(wanted.version, content, known)
        if standing is Standing.REPEAT:
            return Put(data=wanted, changed=False)
        if standing is not Standing.NEWER:
            assert known is not None, "an entry that is not known is new"
            return _outdated(standing, entry, known.version)
        fixed = await find_fixed_currency(connection, [entry])
        if fixed is not None:
            return Refusal(code="currency_fixed", says=f"The account has charges in {fixed[1]}, which it keeps.")
        await record_entries(connection, wanted.account_id, [entry], commands.clock())
        return Put(data=wanted, changed=True)


def _outdated(standing: Standing, entry: directory.Entry, version: int) -> Refusal:
    named = f"{entry.kind} {entry.entry_id}"
    if standing is Standing.SUPERSEDED:
        says = f"{named} is at version {version} already, which is newer than {entry.data.version}."
        return Refusal(code="superseded", says=says, more={"version": version})
    says = f"{named} is at version {version} with other content; send a higher version."
    return Refusal(code="version_taken", says=says, more={"version": version})
