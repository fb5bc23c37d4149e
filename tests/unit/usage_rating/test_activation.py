"""Which plan applies to an account at an instant."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.usage_rating.domain.activation import Activation, Activations, plan_at
from tests.support.builders import an_instant

DAY = an_instant("2026-01-01")


def an_activation(plan: str, on: str, account: str | None = None, *, accepted: str = "1") -> Activation:
    return Activation(
        activation_id=accepted, plan_id=plan, plan_version=1, effective_at=an_instant(on), account_id=account
    )


STANDING = [
    an_activation("default 2", "2026-02-01"),
    an_activation("default 1", "2026-01-01"),
    an_activation("acme's own", "2026-03-01", "acme"),
]


@pytest.mark.parametrize(
    ("account", "at", "plan"),
    [
        ("acme", "2025-12-31T23:59:59.999Z", None),
        ("acme", "2026-01-01", "default 1"),
        ("acme", "2026-02-01", "default 2"),
        ("acme", "2026-03-01", "acme's own"),
        ("other", "2026-03-01", "default 2"),
    ],
)
def test_the_accounts_own_plan_comes_before_the_default_from_its_instant_on(
    account: str, at: str, plan: str | None
) -> None:
    found = plan_at(STANDING, account, an_instant(at))
    assert (found.plan_id if found else None) == plan


def test_of_two_activations_of_one_instant_the_later_accepted_wins() -> None:
    earlier, later = (
        an_activation("first", "2026-01-01", accepted="a"),
        an_activation("second", "2026-01-01", accepted="b"),
    )
    assert plan_at([later, earlier], "acme", DAY) == plan_at([earlier, later], "acme", DAY) == later


days = st.integers(0, 20)


@given(
    own=st.dictionaries(days, st.just("acme"), max_size=5),
    default=st.dictionaries(days, st.none(), max_size=5),
    at=days,
)
def test_the_latest_at_or_before_the_instant_is_chosen(
    own: dict[int, str], default: dict[int, None], at: int
) -> None:
    standing = [
        Activation(
            activation_id=str(day),
            plan_id=account or "default",
            plan_version=1,
            effective_at=DAY + timedelta(days=day),
            account_id=account,
        )
        for group in (own, default)
        for day, account in group.items()
    ]
    found = Activations(standing).at("acme", DAY + timedelta(days=at))
    begun = [one for one in standing if one.effective_at <= DAY + timedelta(days=at)]
    mine = [one for one in begun if one.account_id] or begun
    assert found == max(mine, key=lambda one: one.effective_at, default=None)
