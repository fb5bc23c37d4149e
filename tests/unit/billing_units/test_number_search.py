"""Which numbers may hold what is searched for."""

from hypothesis import given
from hypothesis import strategies as st

from services.billing_units.store.members import span_of

NUMBERS = st.from_regex(r"\+[0-9]{7,15}", fullmatch=True)


@given(NUMBERS, st.text("+0123456789", max_size=6))
def test_a_number_that_holds_it_is_in_the_span(number: str, search: str) -> None:
    first, before = span_of(search)
    if search in number:
        assert first <= number < before


@given(NUMBERS, NUMBERS)
def test_a_beginning_leaves_the_others_out(number: str, search: str) -> None:
    first, before = span_of(search)
    assert (first <= number < before) == number.startswith(search)
