"""`ringledger people`: who may sign in to an account; the first administrator is made here."""

import sys
from typing import Annotated, NoReturn

import typer

BAD_INPUT = 2
INFRASTRUCTURE = 1
PASSWORD_BYTES = 12

EXAMPLES = """
Make a person who may do everything in an account, and sign in to its page.

Examples:

  ringledger people create-admin --account harbour-care --sign-in-name ada@harbour-care.example --name "Ada Moss"

  pass show ada | ringledger people create-admin --account harbour-care --sign-in-name ada --password-stdin

Without --password-stdin a password is made up and shown once.

Exit codes: 0 made; 1 portal cannot be reached; 2 portal refused what was asked.
"""

AccountOption = Annotated[str, typer.Option("--account", help="Whose administrator.", show_default=False)]
SignInNameOption = Annotated[
    str,
    typer.Option("--sign-in-name", help="What they sign in with, such as an e-mail address.", show_default=False),
]
NameOption = Annotated[str | None, typer.Option("--name", help="What they are called.", show_default="the same")]
StdinOption = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")]


def register(app: typer.Typer) -> None:
    """Add this group to the application."""
    group = typer.Typer(help="People who may sign in.", no_args_is_help=True)
    # Without a callback Typer would make a group of one command that command itself.
    group.callback()(_people)
    group.command("create-admin", help=EXAMPLES)(create_admin)
    app.add_typer(group, name="people")


def _people() -> None:
    """People who may sign in."""


def create_admin(
    account: AccountOption,
    sign_in_name: SignInNameOption,
    name: NameOption = None,
    password_stdin: StdinOption = False,
) -> None:
    """Ask portal for a person with the role Admin."""
    from cli.service_api import Refused, post
    from cli.stack.processes import StackError

    password = sys.stdin.readline().rstrip("\n") if password_stdin else made_up_password()
    person = {"sign_in_name": sign_in_name, "name": name or sign_in_name, "password": password, "role": "admin"}
    try:
        made = post("portal", "/api/v1/people", account, person)["data"]
    except Refused as error:
        _fail(str(error), BAD_INPUT)
    except StackError as error:
        _fail(str(error), INFRASTRUCTURE)
    typer.echo(f"{made['sign_in_name']} is Admin of {account}")
    if not password_stdin:
        typer.echo(f"password: {password}")


def made_up_password() -> str:
    """A password of 96 random bits in four groups that are easy to type."""
    from base64 import b32encode

    from chassis.clock import system_random

    text = b32encode(system_random(PASSWORD_BYTES)).decode().rstrip("=").lower()
    return "-".join(text[start : start + 5] for start in range(0, len(text), 5))


def _fail(message: str, code: int) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(code)
