"""Amazon Connect's contact records: the telephone legs of each contact, the latest version of each record.

Fields are those of "Data model for Amazon Connect contact records"
(docs.aws.amazon.com/connect/latest/adminguide/ctr-data-model.html), which says that records are delivered at
least once, that the greatest LastUpdateTimestamp of a ContactId is the newest, and that fields are added:
unknown ones are passed over.
"""

from collections.abc import Iterable, Iterator

from cli.adapters.amazon_connect.contacts import Contact, contact_of
from cli.adapters.amazon_connect.legs import Maker
from cli.adapters.documents import Record, records
from cli.adapters.fields import UNREADABLE
from cli.adapters.numbers import NumberRules
from cli.adapters.outcomes import Finding, Outcome, Reason
from cli.adapters.versions import newest


def read(raw: Iterable[bytes], *, account_id: str, rules: NumberRules) -> Iterator[Outcome]:
    """The fate of every contact record of a file; a row is a record. Raises FileRefused."""
    rows = [_contact(one) for one in records(raw, list_key="ContactRecords")]
    chain = _latest([one for one in rows if isinstance(one, Contact)])
    maker = Maker(account_id=account_id, rules=rules, chain=chain)
    yield from newest([maker.outcomes(one) if isinstance(one, Contact) else [one] for one in rows])


def _contact(one: Record | Finding) -> Contact | Finding:
    if isinstance(one, Finding):
        return one
    try:
        return contact_of(one)
    except UNREADABLE as error:
        return Finding(rows=(one.number,), reason=Reason.UNREADABLE_ROW, detail=str(error))


def _latest(contacts: Iterable[Contact]) -> dict[str, Contact]:
    """The newest version of each contact by its id."""
    latest: dict[str, Contact] = {}
    for contact in contacts:
        known = latest.get(contact.contact_id)
        if known is None or contact.revision > known.revision:
            latest[contact.contact_id] = contact
    return latest
