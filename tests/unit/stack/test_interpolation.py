"""Substitution in the compose file means here what it means to Docker Compose, or it is refused."""

import pytest

from cli.stack.interpolation import interpolate, literal_part, variables
from cli.stack.processes import StackError


@pytest.mark.parametrize(
    ("template", "values", "expected"),
    [
        ("plain", {}, "plain"),
        ("${A}", {"A": "x"}, "x"),
        ("${A}", {"A": ""}, ""),
        ("${A:-d}", {}, "d"),
        ("${A:-d}", {"A": ""}, "d"),
        ("${A:-d}", {"A": "x"}, "x"),
        ("${A:-}", {}, ""),
        ("a${A:-b}c${B:-d}e", {"B": "X"}, "abcXe"),
        ("${A:-kafka:9092}", {}, "kafka:9092"),
        ("${A:-u:${B:-p}@h:1/d}", {}, "u:p@h:1/d"),
        ("${A:-u:${B:-p}@h:1/d}", {"B": "q"}, "u:q@h:1/d"),
        ("${A:-u:${B:-p}@h:1/d}", {"A": "given", "B": "q"}, "given"),
        ("costs $$5 and $${A}", {"A": "x"}, "costs $5 and ${A}"),
        ("${A:-x}", {"A": "${B}"}, "${B}"),
    ],
)
def test_placeholders_are_replaced(template: str, values: dict[str, str], expected: str) -> None:
    assert interpolate(template, values, where="here") == expected


def test_a_variable_without_value_and_default_is_an_error_that_names_it() -> None:
    with pytest.raises(StackError, match="service web: MISSING is not set and has no default"):
        interpolate("${MISSING}", {}, where="service web")


@pytest.mark.parametrize(
    "template", ["$A", "${A-d}", "${A:?wrong}", "${A:+x}", "${A", "100$", "${A:-${B:?x}}", "${1}"]
)
def test_other_forms_of_substitution_are_refused(template: str) -> None:
    with pytest.raises(StackError, match="a substitution other than"):
        interpolate(template, {"A": "x"}, where="here")


def test_variables_include_those_of_defaults() -> None:
    assert variables("${A:-u:${B:-p}@h} ${C} $$D") == {"A", "B", "C"}


def test_the_literal_part_holds_nothing_of_placeholders() -> None:
    assert literal_part("postgresql://u:${P:-p}@${H:-h:5432}/${D:-d}") == "postgresql://u:@/"
