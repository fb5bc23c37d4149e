"""Keeps what numbers, users and units mean, per account and directory revision, within bounds."""

from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from chassis.database import Connection
from contracts.values.phone import is_e164
from services.billing_units.domain.directory_view import DirectoryView
from services.billing_units.store import views
from services.billing_units.store.views import NO_DIRECTORY, Key, Standing

Meaning = TypeVar("Meaning")
MAX_ANSWERS = 400_000
"""Numbers, users and units kept by one process, over all accounts; about 100 MB."""


class NamingUse(Protocol):
    """A use by what it names of the directory."""

    @property
    def account_id(self) -> str: ...
    @property
    def own_number(self) -> str | None: ...
    @property
    def user_id(self) -> str | None: ...
    @property
    def unit_override(self) -> str | None: ...


@dataclass(slots=True, kw_only=True)
class DirectoryCache:
    """Views of accounts' directories, the least recently used account forgotten first.

    A batch reads the revisions of its accounts after it has taken their stripes; while it holds them no
    change can commit, so a view of that revision is the directory as it stands. A batch keeps the views it
    was given, whatever the cache does meanwhile.
    """

    max_answers: int = MAX_ANSWERS
    _views: "OrderedDict[str, DirectoryView]" = field(default_factory=OrderedDict)

    async def views(self, connection: Connection, uses: Sequence[NamingUse]) -> Mapping[str, DirectoryView]:
        """Views that know all that these uses name. An account without a directory has revision 0."""
        account_ids = {use.account_id for use in uses}
        standings = await views.list_standings(connection, account_ids)
        found = {account: self._view(account, standings.get(account, NO_DIRECTORY)) for account in account_ids}
        if await learn(connection, uses, found):
            self._forget_some()
        return found

    def _view(self, account_id: str, standing: Standing) -> DirectoryView:
        view = self._views.get(account_id)
        if view is None or view.revision != standing.revision:
            view = self._views[account_id] = DirectoryView(
                revision=standing.revision, policy=standing.policy, policy_changes=standing.policy_changes()
            )
        self._views.move_to_end(account_id)
        return view

    def _forget_some(self) -> None:
        """Drop whole accounts until the rest fits; a single account too large begins anew next time."""
        size = sum(view.size for view in self._views.values())
        while size > self.max_answers:
            _, dropped = self._views.popitem(last=False)
            size -= dropped.size


async def learn(connection: Connection, uses: Sequence[NamingUse], found: Mapping[str, DirectoryView]) -> bool:
    """Ask for what these uses name and their views do not know yet; whether there was any such."""
    numbers, users, units = _unknown(uses, found)
    if numbers:
        histories = await views.list_number_histories(connection, numbers)
        _learn(found, numbers, histories.get, lambda view: view.numbers)
    if users:
        tenures = await views.list_user_tenures(connection, users)
        _learn(found, users, lambda key: tenures.get(key, ()), lambda view: view.users)
    if units:
        ends = await views.list_unit_ends(connection, units)
        _learn(found, units, ends.get, lambda view: view.units)
    return bool(numbers or users or units)


def _unknown(uses: Sequence[NamingUse], found: Mapping[str, DirectoryView]) -> tuple[set[Key], set[Key], set[Key]]:
    """The numbers, users and units that these uses name and no view knows yet."""
    numbers: set[Key] = set()
    users: set[Key] = set()
    units: set[Key] = set()
    for use in uses:
        view = found[use.account_id]
        number, user_id, override = use.own_number, use.user_id, use.unit_override
        if number is not None and number not in view.numbers and is_e164(number):
            numbers.add((use.account_id, number))
        if user_id is not None and user_id not in view.users:
            users.add((use.account_id, user_id))
        if override is not None and override not in view.units:
            units.add((use.account_id, override))
    return numbers, users, units


def _learn(
    found: Mapping[str, DirectoryView],
    keys: Collection[Key],
    meaning: Callable[[Key], Meaning],
    answers: Callable[[DirectoryView], dict[str, Meaning]],
) -> None:
    for key in keys:
        answers(found[key[0]])[key[1]] = meaning(key)
