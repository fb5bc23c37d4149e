"""Substitution in the compose file: `${NAME}` and `${NAME:-default}` from a mapping, nothing else."""

import re
from collections.abc import Mapping

from cli.stack.processes import StackError

# A default may itself hold placeholders, one level deep.
_PLACEHOLDER = re.compile(
    r"\$(?:(?P<escaped>\$)|\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>(?:[^${}]|\$\{[^{}]*\})*))?\})",
    re.ASCII,
)


def interpolate(template: str, values: Mapping[str, str], *, where: str) -> str:
    """The text with every placeholder replaced; `$$` stands for a dollar sign.

    As in Docker Compose `:-` takes its default when the variable is unset or empty. A variable without
    a value and without a default is an error here, where Compose would quietly go on with nothing.
    """
    check_placeholders(template, where=where)

    def replacement(match: re.Match[str]) -> str:
        if match["escaped"]:
            return "$"
        value = values.get(match["name"])
        if match["default"] is not None:
            return value or interpolate(match["default"], values, where=where)
        if value is None:
            raise StackError(f"{where}: {match['name']} is not set and has no default")
        return value

    return _PLACEHOLDER.sub(replacement, template)


def variables(template: str) -> frozenset[str]:
    """The names that a text asks for."""
    found: set[str] = set()
    for match in _PLACEHOLDER.finditer(template):
        if match["name"]:
            found |= {match["name"], *variables(match["default"] or "")}
    return frozenset(found)


def literal_part(template: str) -> str:
    """What stands in the text whatever the variables are."""
    return _PLACEHOLDER.sub("", template)


def check_placeholders(template: str, *, where: str) -> None:
    """Refuse every form of substitution but the two that both Docker Compose and this reader understand alike."""
    defaults = [match["default"] or "" for match in _PLACEHOLDER.finditer(template)]
    if any("$" in literal_part(text) for text in (template, *defaults)):
        raise StackError(f"{where}: {template!r} uses a substitution other than ${{NAME}} or ${{NAME:-default}}")
