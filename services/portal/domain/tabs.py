"""The page's tabs, in their order, and what each asks of who opens it (DESIGN §8)."""

from dataclasses import dataclass

from contracts.values.access import (
    ANY_TAB,
    BILLING_UNITS_TAB,
    OTHER_TABS,
    Policies,
    Policy,
    Privilege,
    Reach,
)

BILLING = "/administration/billing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """One tab. coming: what it will show, None for one that is built."""

    slug: str
    name: str
    policy: Policy
    coming: str | None

    @property
    def path(self) -> str:
        """Where it is."""
        return f"{BILLING}/{self.slug}"


def _coming(slug: str, name: str, says: str) -> Tab:
    return Tab(slug=slug, name=name, policy=Policy(any_of=OTHER_TABS), coming=says)


VIEW_UNITS = Policy(any_of=BILLING_UNITS_TAB, reach=Reach.UNITS)
VIEW_ALL_UNITS = Policy(any_of=BILLING_UNITS_TAB)
"""For what speaks of all units or of none: who is limited to some is not shown it."""

PRICES = Policy(any_of=ANY_TAB)
"""Prices are of whole calls, whoever shares them: who is limited to some units is not shown them."""

UNITS_TAB = Tab(slug="billing-units", name="Billing units", policy=VIEW_UNITS, coming=None)
API_KEYS = Tab(
    slug="api-keys", name="API keys", policy=Policy(any_of=frozenset({Privilege.ADMINISTER})), coming=None
)
ADD_UNIT = Policy(any_of=frozenset({Privilege.EDIT_BILLING_UNIT}))
AUDIT_LOG = Tab(
    slug="audit", name="Audit log", policy=Policy(any_of=frozenset({Privilege.ADMINISTER})), coming=None
)
PRICE_A_CALL = Tab(slug="price-a-call", name="Price a call", policy=PRICES, coming=None)
"""No tenth tabs: pages beside the tabs, in their frame."""

TABS = (
    _coming("my-account", "My account", "the balance, what this month has cost so far, and the plan"),
    _coming("statements", "Statements", "each month's opening, charges, payments and closing, with its invoices"),
    _coming("payment-settings", "Payment settings", "automatic top-ups and reminders"),
    UNITS_TAB,
    _coming("prepaid-invoices", "Prepaid invoices", "orders to top up, and the invoices to pay them by"),
    _coming("payment-methods", "Payment methods", "cards and accounts to pay with"),
    _coming("transactions", "Transactions", "every movement with the balance after it"),
    _coming("activity-reports", "Activity reports", "calls and other use in detail, as tables and files"),
    _coming("call-recording", "Call recording", "the minutes that are recorded and kept, and what they cost"),
)

NEW_UNIT = f"{UNITS_TAB.path}/new"
UNASSIGNED = f"{UNITS_TAB.path}/unassigned"
CHARGES = f"{BILLING}/charges"
UNIT = f"{UNITS_TAB.path}/{{unit_id}}"
NEW_KEY = f"{API_KEYS.path}/new"
REVOKE_KEY = f"{API_KEYS.path}/{{key_id}}/revoke"
PAGES: Policies = {
    **{f"GET {tab.path}": tab.policy for tab in TABS},
    f"GET {NEW_UNIT}": ADD_UNIT,
    f"POST {NEW_UNIT}": ADD_UNIT,
    f"POST {NEW_UNIT}/users": ADD_UNIT,
    f"POST {NEW_UNIT}/numbers": ADD_UNIT,
    f"POST {NEW_UNIT}/save": ADD_UNIT,
    f"GET {UNASSIGNED}": VIEW_ALL_UNITS,
    f"POST {UNASSIGNED}": ADD_UNIT,
    f"GET {UNASSIGNED}/threshold": ADD_UNIT,
    f"POST {UNASSIGNED}/threshold": ADD_UNIT,
    f"GET {CHARGES}": UNITS_TAB.policy,
    f"GET {CHARGES}/{{charge_id}}": Policy(any_of=ANY_TAB, reach=Reach.UNITS),
    f"GET {UNIT}": UNITS_TAB.policy,
    f"POST {UNIT}/rename": ADD_UNIT,
    f"GET {UNIT}/budget": ADD_UNIT,
    f"POST {UNIT}/budget": ADD_UNIT,
    f"GET {UNIT}/add": ADD_UNIT,
    f"POST {UNIT}/add": ADD_UNIT,
    f"GET {UNIT}/release/{{assignment_id}}": ADD_UNIT,
    f"POST {UNIT}/release/{{assignment_id}}": ADD_UNIT,
    f"GET {UNIT}/archive": ADD_UNIT,
    f"POST {UNIT}/archive": ADD_UNIT,
    f"GET {AUDIT_LOG.path}": AUDIT_LOG.policy,
    f"GET {PRICE_A_CALL.path}": PRICE_A_CALL.policy,
    f"GET {API_KEYS.path}": API_KEYS.policy,
    f"GET {NEW_KEY}": API_KEYS.policy,
    f"POST {NEW_KEY}": API_KEYS.policy,
    f"GET {REVOKE_KEY}": API_KEYS.policy,
    f"POST {REVOKE_KEY}": API_KEYS.policy,
}
"""What each page asks; a page without an entry cannot be added (pages/guarded.py)."""
