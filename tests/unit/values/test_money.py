"""Money is exact: one rounding that mirrors, and splits that sum to what was split."""

from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal, localcontext
from fractions import Fraction
from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from contracts.values.money import (
    CHARGE_SCALE,
    MINOR_UNITS,
    Money,
    MoneyError,
    Rounding,
    round_amount,
    split_amount,
    split_units,
    total_amount,
)

SCALES = st.integers(min_value=0, max_value=6)
MODES = st.sampled_from(list(Rounding))
EXACT_VALUES = st.builds(
    lambda digits, places: Decimal(digits).scaleb(-places, context=Context(prec=60)),
    st.integers(min_value=-(10**38), max_value=10**38),
    st.integers(min_value=24, max_value=40),
)
WEIGHTS = st.dictionaries(
    st.text(alphabet="abcdef0123456789", min_size=1, max_size=8),
    st.integers(min_value=1, max_value=2) | st.integers(min_value=1, max_value=10**6),
    min_size=1,
    max_size=12,
)
EQUAL_WEIGHTS = st.sets(st.text(alphabet="abcdef0123456789", min_size=1, max_size=8), min_size=2, max_size=12).map(
    lambda keys: dict.fromkeys(keys, 1)
)
UNITS = st.integers(min_value=-(10**20), max_value=10**20)
AMOUNTS = st.decimals(min_value=-(10**13), max_value=10**13, places=6)


@given(exact=EXACT_VALUES, scale=SCALES, mode=MODES)
def test_rounding_mirrors(exact: Decimal, scale: int, mode: Rounding) -> None:
    assert round_amount(exact.copy_negate(), scale=scale, mode=mode) == -round_amount(exact, scale=scale, mode=mode)


@given(exact=EXACT_VALUES, scale=SCALES, mode=MODES)
def test_rounding_stays_within_one_unit_of_the_scale_and_is_done_once(
    exact: Decimal, scale: int, mode: Rounding
) -> None:
    rounded = round_amount(exact, scale=scale, mode=mode)
    assert round_amount(rounded, scale=scale, mode=mode) == rounded
    assert rounded.as_tuple().exponent == -scale
    distance = abs(Fraction(rounded) - Fraction(exact)) * 10**scale
    assert distance <= Fraction(1, 2) if mode in {Rounding.HALF_UP, Rounding.HALF_EVEN} else distance < 1


@given(exact=EXACT_VALUES)
def test_rounding_does_not_depend_on_the_caller_s_decimal_context(exact: Decimal) -> None:
    with localcontext(Context(prec=6, rounding=ROUND_HALF_EVEN)):
        narrow = round_amount(exact)
    with localcontext(Context(prec=60, rounding=ROUND_HALF_UP)):
        assert narrow == round_amount(exact)


@pytest.mark.parametrize(
    ("exact", "scale", "mode", "rounded"),
    [
        ("0.0000005", 6, Rounding.HALF_UP, "0.000001"),
        ("-0.0000005", 6, Rounding.HALF_UP, "-0.000001"),
        ("0.00000049999999999999999999999999999999", 6, Rounding.HALF_UP, "0.000000"),
        ("-0.00000049999999999999999999999999999999", 6, Rounding.HALF_UP, "0.000000"),
        ("0.0000005", 6, Rounding.HALF_EVEN, "0.000000"),
        ("0.0000015", 6, Rounding.HALF_EVEN, "0.000002"),
        ("0.33", 1, Rounding.UP, "0.4"),
        ("0.33", 1, Rounding.DOWN, "0.3"),
        ("-0.33", 1, Rounding.UP, "-0.4"),
        ("-0.33", 1, Rounding.DOWN, "-0.3"),
        ("0.71666", 4, Rounding.UP, "0.7167"),
        ("2.5", 0, Rounding.HALF_UP, "3"),
    ],
)
def test_rounding_examples(exact: str, scale: int, mode: Rounding, rounded: str) -> None:
    assert str(round_amount(Decimal(exact), scale=scale, mode=mode)) == rounded


@given(total=UNITS, weights=WEIGHTS)
def test_shares_sum_to_the_whole_and_mirror(total: int, weights: dict[str, int]) -> None:
    shares = split_units(total, weights)
    assert shares.keys() == weights.keys()
    assert sum(shares.values()) == total
    assert split_units(-total, weights) == {key: -share for key, share in shares.items()}


@given(total=UNITS, weights=WEIGHTS)
def test_every_share_is_within_one_of_its_exact_part(total: int, weights: dict[str, int]) -> None:
    whole = sum(weights.values())
    for key, share in split_units(total, weights).items():
        assert abs(Fraction(share) - Fraction(total * weights[key], whole)) < 1


@given(total=UNITS, weights=WEIGHTS | EQUAL_WEIGHTS, random=st.randoms(use_true_random=False))
def test_shares_do_not_depend_on_order(total: int, weights: dict[str, int], random: Random) -> None:
    order = list(weights)
    random.shuffle(order)
    assert split_units(total, {key: weights[key] for key in order}) == split_units(total, weights)


@given(total=UNITS, weights=WEIGHTS | EQUAL_WEIGHTS)
def test_the_larger_remainder_wins_and_the_smaller_key_breaks_a_tie(total: int, weights: dict[str, int]) -> None:
    whole = sum(weights.values())
    parts = {key: Fraction(abs(total) * weight, whole) for key, weight in weights.items()}
    raised = {key for key, share in split_units(abs(total), weights).items() if share > int(parts[key])}
    order = sorted(weights, key=lambda key: (int(parts[key]) - parts[key], key))
    assert raised == set(order[: len(raised)])


@given(total=AMOUNTS, weights=WEIGHTS)
def test_an_amount_is_split_exactly_at_the_scale_of_charges(total: Decimal, weights: dict[str, int]) -> None:
    shares = split_amount(total, weights)
    assert total_amount(list(shares.values())) == total
    assert all(share.as_tuple().exponent == -CHARGE_SCALE for share in shares.values())


@pytest.mark.parametrize(
    ("total", "scale", "shares"),
    [
        ("10.00", 2, ["3.34", "3.33", "3.33"]),
        ("10.00", 6, ["3.333334", "3.333333", "3.333333"]),
        ("-10.00", 2, ["-3.34", "-3.33", "-3.33"]),
        ("0.000001", 6, ["0.000001", "0.000000", "0.000000"]),
        ("0.02", 2, ["0.01", "0.01", "0.00"]),
        ("0", 2, ["0.00", "0.00", "0.00"]),
    ],
)
def test_split_over_three(total: str, scale: int, shares: list[str]) -> None:
    split = split_amount(Decimal(total), {"c": 1, "b": 1, "a": 1}, scale=scale)
    assert [str(split[key]) for key in "abc"] == shares


@pytest.mark.parametrize("weights", [{}, {"a": 0}, {"a": 1, "b": -1}])
def test_a_split_needs_someone_to_share(weights: dict[str, int]) -> None:
    with pytest.raises(MoneyError, match="positive weight"):
        split_amount(Decimal(1), weights)


def test_a_split_refuses_excess_decimals() -> None:
    with pytest.raises(MoneyError, match="more than 2 decimals"):
        split_amount(Decimal("0.001"), {"a": 1}, scale=2)


@given(first=AMOUNTS, second=AMOUNTS)
def test_money_adds_and_takes_back_exactly(first: Decimal, second: Decimal) -> None:
    a, b = Money(amount=first, currency="EUR"), Money(amount=second, currency="EUR")
    assert a + b == b + a
    assert (a + b) - b == a
    assert (a + -a).amount == 0


@given(amount=AMOUNTS, weights=WEIGHTS)
def test_money_splits_into_money(amount: Decimal, weights: dict[str, int]) -> None:
    shares = Money(amount=amount, currency="EUR").split(weights)
    assert total_amount([share.amount for share in shares.values()]) == amount
    assert {share.currency for share in shares.values()} == {"EUR"}


@pytest.mark.parametrize(
    ("amount", "message"),
    [
        (0.1, "not float"),
        (1, "not int"),
        ("1", "not str"),
        (Decimal("NaN"), "not an amount"),
        (Decimal("Infinity"), "not an amount"),
        (Decimal("0.0000001"), "more than 6 decimals"),
        (Decimal("100000000000000"), "more than 14 digits"),
        (Decimal("1E+1000000"), "more than 14 digits"),
    ],
)
def test_what_is_no_exact_amount_is_refused(amount: Decimal, message: str) -> None:
    with pytest.raises(MoneyError, match=message):
        Money(amount=amount, currency="EUR")


def test_currencies_are_known_and_never_mixed() -> None:
    with pytest.raises(MoneyError, match="not a currency"):
        Money(amount=Decimal(1), currency="EURO")
    with pytest.raises(MoneyError, match="cannot add USD to EUR"):
        Money(amount=Decimal(1), currency="EUR") + Money(amount=Decimal(1), currency="USD")


@given(amount=AMOUNTS, currency=st.sampled_from(sorted(MINOR_UNITS)))
def test_an_invoice_line_has_the_currency_s_own_minor_unit(amount: Decimal, currency: str) -> None:
    assume(abs(amount) < 10**12)
    line = Money(amount=amount, currency=currency).rounded_to_minor_unit()
    assert line.amount.as_tuple().exponent == -MINOR_UNITS[currency]
    assert abs(line.amount - amount) * 2 <= Decimal(1).scaleb(-MINOR_UNITS[currency])


@pytest.mark.parametrize(("currency", "line"), [("EUR", "35.48"), ("JPY", "35"), ("KWD", "35.484")])
def test_minor_units(currency: str, line: str) -> None:
    assert str(Money(amount=Decimal("35.483871"), currency=currency).rounded_to_minor_unit().amount) == line
