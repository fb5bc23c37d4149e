"""Names of units are compared without regard to case in any script."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.values.unit_names import KEY_LENGTH_MAX, name_key, name_refusal, tidy_name

NAMES = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=40)


@given(NAMES)
def test_case_white_space_and_folding_again_change_nothing(name: str) -> None:
    key = name_key(name)
    assert name_key(key) == key
    assert name_key(f" \t{name}\u00a0 ") == key
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert name_key(unicodedata.normalize(form, name)) == key


def test_every_character_is_the_same_in_every_case() -> None:
    different = []
    for code in range(sys.maxunicode + 1):
        if unicodedata.category(chr(code)) in ("Cs", "Cn", "Co"):
            continue
        character = chr(code)
        cases = {character, character.upper(), character.lower(), character.title(), character.swapcase()}
        if len({name_key(each) for each in cases}) != 1:
            different.append(hex(code))
    assert different == []


@pytest.mark.parametrize(
    "names",
    [
        ("İstanbul", "istanbul", "ISTANBUL", "ıstanbul", "I\u0307stanbul", "ＩＳＴＡＮＢＵＬ"),
        ("Straße", "STRASSE", "strasse"),
        ("ΘΕΣΣΑΛΟΝΊΚΗΣ", "Θεσσαλονίκης"),
        ("Київ", "КИЇВ"),
        ("ﬁnance", "Finance"),
        ("North  Branch", " north branch ", "North\u00a0Branch"),
        ("سه‌شنبه", "سهشنبه"),
    ],
)
def test_these_are_one_name(names: tuple[str, ...]) -> None:
    assert len({name_key(name) for name in names}) == 1


@pytest.mark.parametrize(("one", "other"), [("Cote", "Côté"), ("Sales 1", "Sales 2"), ("a b", "ab"), ("日", "曰")])
def test_these_are_two_names(one: str, other: str) -> None:
    assert name_key(one) != name_key(other)


def test_a_name_is_kept_as_it_was_written_but_for_spaces() -> None:
    assert tidy_name("  North\u00a0 Branch \n") == "North Branch"
    assert tidy_name("İstanbul") == "İstanbul"


def test_a_name_that_nobody_could_see_or_index_is_refused() -> None:
    for invisible in (" ", "\u200b\u2060", "\u00ad"):
        assert name_refusal(invisible) == "name: it has no visible character"
    assert "3600 characters" in (name_refusal("\ufdfa" * 200) or "")
    assert name_refusal("\U00010400" * KEY_LENGTH_MAX) is None
    assert name_refusal("Claims") is None
