"""How a command ends when it cannot do what was asked: one sentence on standard error, and an exit code."""

from typing import NoReturn

import typer

INFRASTRUCTURE = 1
BAD_INPUT = 2


def fail(sentence: str, *, code: int) -> NoReturn:
    """Say what is wrong, where and what to do, and end with `code` (1 infrastructure, 2 bad input)."""
    typer.echo(sentence, err=True)
    raise typer.Exit(code)
