"""The demo's way to the Billing page: its address, and an administrator who can sign in."""

from dataclasses import dataclass
from pathlib import Path

from cli.demo.centre import ACCOUNT_ID
from cli.service_api import Refused, post
from cli.stack.addresses import api_url

SIGN_IN_NAME = "admin"
# For invented figures on one machine's loopback, as the keys of docker-compose.yml are.
PASSWORD = "ringledger-demo"  # noqa: S105


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontPage:
    """Where the page is, and how to sign in."""

    url: str
    sign_in_name: str
    password: str


def open_front_page(data: Path) -> FrontPage:
    """The page of the stack in this folder; its administrator is made, or is there from the last time.

    Raises StackError when portal is not reached.
    """
    person = {"sign_in_name": SIGN_IN_NAME, "name": "Demo administrator", "password": PASSWORD, "role": "admin"}
    try:
        post("portal", "/api/v1/people", ACCOUNT_ID, person, data=data)
    except Refused as error:
        if error.code != "name_taken":
            raise
    return FrontPage(url=api_url("portal", data=data), sign_in_name=SIGN_IN_NAME, password=PASSWORD)
