"""Who owes a use: the order of the rules, at every instant."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.billing_units.domain.allocation import Allocation, allocate
from services.billing_units.domain.directory_view import FOR_EVER, DirectoryView, NumberHistory, Tenure
from services.billing_units.domain.splitting import split_at

NUMBER = "+442079460018"
USER = "agent-17"
NOON = datetime(2026, 6, 2, 12, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)
UNITS = ("unit-a", "unit-b", "unit-c")
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)

instants = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
tenures = st.builds(
    lambda unit, ends: Tenure(unit_id=unit, from_at=min(ends), until_at=max(ends)),
    st.sampled_from(UNITS),
    st.tuples(instants, instants),
)


def held(*tenures: Tenure, since: datetime = BEGINNING, until: datetime = FOR_EVER) -> NumberHistory:
    return NumberHistory(from_at=since, until_at=until, tenures=tenures)


def always(unit: str) -> Tenure:
    return Tenure(unit_id=unit, from_at=BEGINNING)


def a_view(
    *, number: NumberHistory | None = None, user: tuple[Tenure, ...] = (), unit_ends_at: datetime | None = None
) -> DirectoryView:
    return DirectoryView(revision=7, numbers={NUMBER: number}, users={USER: user}, units={"unit-c": unit_ends_at})


def decide(
    view: DirectoryView,
    *,
    at: datetime = NOON,
    number: str | None = NUMBER,
    user: str | None = USER,
    override: str | None = None,
) -> Allocation:
    return allocate(view, occurred_at=at, own_number=number, user_id=user, unit_override=override)


def test_override_then_number_then_user_then_nobody() -> None:
    view = a_view(number=held(always("unit-a")), user=(always("unit-b"),), unit_ends_at=FOR_EVER)
    assert decide(view, override="unit-c") == Allocation(rule="override", unit_ids=("unit-c",), matched="unit-c")
    assert decide(view) == Allocation(rule="number", unit_ids=("unit-a",), matched=NUMBER)
    assert decide(view, number=None) == Allocation(rule="user", unit_ids=("unit-b",), matched=USER)
    assert decide(view, number=None, user=None) == Allocation(rule="unassigned")


def test_a_number_in_no_unit_leaves_it_to_the_user() -> None:
    view = a_view(number=held(), user=(always("unit-b"),))
    assert decide(view) == Allocation(rule="user", unit_ids=("unit-b",), matched=USER)


def test_a_number_not_held_is_flagged_and_leads_nowhere() -> None:
    sold = held(always("unit-a"), until=NOON)
    for number in (None, sold, held(always("unit-a"), since=NOON + MOMENT)):
        view = a_view(number=number, user=(always("unit-b"),))
        assert decide(view) == Allocation(
            rule="user", unit_ids=("unit-b",), matched=USER, flags=("number_not_held",)
        )
    assert decide(a_view(number=sold), at=NOON - MOMENT).rule == "number"


def test_withheld_and_internal_numbers_are_no_numbers_of_the_account() -> None:
    for number in ("withheld", "internal", "internal:201"):
        assert decide(a_view(), number=number) == Allocation(rule="unassigned")


def test_an_override_counts_until_its_unit_ends() -> None:
    view = a_view(number=held(always("unit-a")), unit_ends_at=NOON)
    assert decide(view, at=NOON - MOMENT, override="unit-c").unit_ids == ("unit-c",)
    assert decide(view, override="unit-c") == Allocation(
        rule="number", unit_ids=("unit-a",), matched=NUMBER, flags=("override_ignored",)
    )
    both = decide(a_view(), override="unit-c")
    assert (both.rule, both.flags) == ("unassigned", ("override_ignored", "number_not_held"))


def test_a_number_moved_at_an_instant_splits_calls_there() -> None:
    moved = held(Tenure(unit_id="unit-a", from_at=BEGINNING, until_at=NOON), Tenure(unit_id="unit-b", from_at=NOON))
    view = a_view(number=moved)
    assert decide(view, at=NOON - MOMENT).unit_ids == ("unit-a",)
    assert decide(view, at=NOON).unit_ids == ("unit-b",)


def test_a_user_is_counted_once_in_a_unit_reached_twice() -> None:
    view = a_view(user=(always("unit-b"), always("unit-a"), always("unit-b")))
    assert decide(view, number=None).unit_ids == ("unit-a", "unit-b")


@given(st.lists(tenures, max_size=8), instants, st.randoms(use_true_random=False))
def test_the_units_of_a_user_are_those_that_hold_then_in_any_order(
    found: list[Tenure], instant: datetime, order: object
) -> None:
    expected = sorted({tenure.unit_id for tenure in found if tenure.from_at <= instant < tenure.until_at})
    shuffled = list(found)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    assert list(split_at("equal", shuffled, instant).unit_ids) == expected


@given(st.lists(tenures, max_size=4), st.lists(tenures, max_size=1), instants, st.none() | instants)
def test_every_use_has_one_rule_and_units_only_where_a_rule_found_them(
    user: list[Tenure], number: list[Tenure], instant: datetime, override_ends: datetime | None
) -> None:
    view = a_view(number=held(*number), user=tuple(user), unit_ends_at=override_ends)
    allocation = decide(view, at=instant, override="unit-c")
    assert (allocation.rule == "unassigned") == (allocation.unit_ids == ())
    assert ("override_ignored" in allocation.flags) == (allocation.rule != "override")
    assert list(allocation.unit_ids) == sorted(set(allocation.unit_ids))
