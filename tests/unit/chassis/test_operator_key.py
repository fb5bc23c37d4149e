"""`ringledger operator-key`: a pair whose halves belong together, and a sentence for what is no key."""

import pytest
from typer.testing import CliRunner

from chassis.clock import system_clock
from chassis.guard import Guard
from chassis.signing_keys import KeyRing
from chassis.statements import public_text, read_private, read_public
from cli.main import app
from cli.service_api import OPERATOR_KEY, operator_statement
from cli.stack.processes import StackError
from contracts.values.access import Caller, CallerKind


def test_a_new_pair_opens_the_door_of_who_has_its_public_half(monkeypatch: pytest.MonkeyPatch) -> None:
    made = CliRunner().invoke(app, ["operator-key"])
    assert made.exit_code == 0, made.output
    settings = dict(line.split("=", 1) for line in made.stdout.split())
    assert set(settings) == {OPERATOR_KEY, "RINGLEDGER_OPERATOR_PUBLIC_KEY"}
    public = settings["RINGLEDGER_OPERATOR_PUBLIC_KEY"]
    assert public_text(read_private(settings[OPERATOR_KEY]).public_key()) == public
    monkeypatch.setenv(OPERATOR_KEY, settings[OPERATOR_KEY])
    guard = Guard(audience="reporting", clock=system_clock, keys=KeyRing(operator=read_public(public)))
    caller = guard.read(operator_statement("reporting", "acme"))
    assert isinstance(caller, Caller)
    assert (caller.account_id, caller.kind) == ("acme", CallerKind.OPERATOR)
    assert not isinstance(guard.read(operator_statement("billing_units", "acme")), Caller)
    other = CliRunner().invoke(app, ["operator-key"]).stdout
    assert settings[OPERATOR_KEY] not in other


def test_what_is_no_key_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(OPERATOR_KEY, "not a key")
    with pytest.raises(StackError, match=OPERATOR_KEY):
        operator_statement("reporting", "acme")
