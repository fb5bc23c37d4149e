"""The rules of STYLE.md that a syntax tree can answer: each takes a source and gives what is wrong in it."""

import ast
import sys
from collections.abc import Iterator
from functools import cache

FILE_LINES_MAX = 300
FUNCTION_LINES_MAX = 45

RAW_CALLS = frozenset(
    {
        "datetime.datetime.now",
        "datetime.datetime.utcnow",
        "datetime.datetime.today",
        "datetime.date.today",
        "time.time",
        "time.time_ns",
        "uuid.uuid1",
        "uuid.uuid4",
        "uuid.uuid6",
        "uuid.uuid7",
        "os.urandom",
        "os.getrandom",
    }
)
RAW_MODULES = frozenset({"random", "secrets"})
"""Clock, ids and randomness are passed in; the chassis makes them."""

ENVIRONMENT = frozenset({"os.environ", "os.getenv", "os.environb"})
MOCKING = frozenset({"unittest.mock", "mock", "pytest_mock"})
REPLACING = frozenset({"monkeypatch.setattr", "monkeypatch.setitem"})


@cache
def tree_of(source: str) -> ast.Module:
    """The syntax tree, parsed once for all rules."""
    return ast.parse(source)


@cache
def nodes_of(source: str) -> tuple[ast.AST, ...]:
    """Every node of the tree, walked once for all rules."""
    return tuple(ast.walk(tree_of(source)))


def without_docstring(source: str) -> list[str]:
    """A file opens with one sentence that says what it is for."""
    first_line = (ast.get_docstring(tree_of(source)) or "").strip().split("\n")[0]
    return [] if len(first_line) > 10 else ["1: the file does not open with a sentence"]


def too_long(source: str) -> list[str]:
    """At most 300 lines to a file, 45 to a function, its docstring counted."""
    found = []
    lines = source.count("\n")
    if lines > FILE_LINES_MAX:
        found.append(f"1: {lines} lines in the file")
    for node in nodes_of(source):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES_MAX:
                found.append(f"{node.lineno}: {length} lines in {node.name}")
    return found


def raw_calls(source: str) -> list[str]:
    """No clock, id or randomness of its own."""
    return [
        f"{line}: {name}" for line, name in named(source) if name in RAW_CALLS or name.split(".")[0] in RAW_MODULES
    ]


def environment_reads(source: str) -> list[str]:
    """Only settings read the environment."""
    return [f"{line}: {name}" for line, name in named(source) if name in ENVIRONMENT]


def mocks(source: str) -> list[str]:
    """No mocking library, and no real part replaced while a test runs."""
    found = [f"{line}: {name}" for line, name in imported(source) if name in MOCKING]
    for node in nodes_of(source):
        if isinstance(node, ast.Attribute) and ".".join(_dotted(node)) in REPLACING:
            found.append(f"{node.lineno}: monkeypatch.{node.attr}")
    return found


def prints(source: str) -> list[str]:
    """Services and chassis write logs, never to the standard output."""
    return [f"{line}: print" for line, name in called(source) if name == "print"]


def float_calls(source: str) -> list[str]:
    """No number becomes a float."""
    return [f"{line}: float(…)" for line, name in called(source) if name == "float"]


def float_literals(source: str) -> list[str]:
    """No float is written where money is reckoned."""
    return [
        f"{node.lineno}: {node.value}"
        for node in nodes_of(source)
        if isinstance(node, ast.Constant) and isinstance(node.value, float)
    ]


def beyond_values(source: str, own_package: str) -> list[str]:
    """A domain imports only itself, `contracts.values` and the standard library; values only themselves."""
    allowed = (own_package, "contracts.values")
    return [
        f"{line}: imports {name}"
        for line, name in imported(source)
        if not any(name == known or name.startswith(f"{known}.") for known in allowed)
        and name.split(".")[0] not in sys.stdlib_module_names
    ]


def imported(source: str) -> Iterator[tuple[int, str]]:
    """Every imported module or name, in full, with its line; a relative import as dots."""
    for node in nodes_of(source):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = "." * node.level + (node.module or "")
            yield node.lineno, origin
            yield from ((node.lineno, f"{origin}.{alias.name}") for alias in node.names)


def called(source: str) -> Iterator[tuple[int, str]]:
    """Every call of a plain name, with its line."""
    for node in nodes_of(source):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.lineno, node.func.id


def named(source: str) -> Iterator[tuple[int, str]]:
    """Every use of something imported, by its full name: `dt.now` after `from datetime import datetime as dt`."""
    origins: dict[str, str] = {}
    for node in nodes_of(source):
        if isinstance(node, ast.Import):
            for alias in node.names:
                name = alias.name if alias.asname else alias.name.split(".")[0]
                origins[alias.asname or name] = name
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                origins[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    for node in nodes_of(source):
        if isinstance(node, ast.Name | ast.Attribute):
            path = _dotted(node)
            if path and path[0] in origins:
                yield node.lineno, ".".join([origins[path[0]], *path[1:]])


def _dotted(node: ast.expr) -> list[str]:
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.Attribute):
        before = _dotted(node.value)
        return [*before, node.attr] if before else []
    return []
