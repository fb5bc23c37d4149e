"""Every worked case comes out, through the core and through `ringledger rate`."""

import json
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app
from contracts.events.envelope import to_json
from services.usage_rating.domain.document import canonical_text
from services.usage_rating.domain.rating import Rated, Unrateable, UnrateableReason, rate_call
from tests.support.builders import a_call
from tests.unit.usage_rating.worked_cases import WORKED_CASES, WorkedCase

cases = pytest.mark.parametrize("case", WORKED_CASES, ids=lambda case: case.id)


@cases
def test_a_worked_case_comes_out_of_the_core(case: WorkedCase) -> None:
    outcome = rate_call(case.plan, a_call(seconds=case.seconds, to=case.number, answered=case.answered))
    if case.amount is None:
        assert outcome == Unrateable(reason=UnrateableReason.NO_PREFIX)
    else:
        assert isinstance(outcome, Rated)
        assert outcome.amount == Decimal(case.amount)


@cases
def test_a_worked_case_comes_out_of_the_command(case: WorkedCase, tmp_path: Path) -> None:
    plan, usage = tmp_path / "plan.json", tmp_path / "usage.jsonl"
    plan.write_text(canonical_text(case.plan), encoding="utf-8")
    usage.write_bytes(to_json(a_call(seconds=case.seconds, to=case.number, answered=case.answered)))
    result = CliRunner().invoke(app, ["rate", "--plan", str(plan), "--usage", str(usage)])
    line = json.loads(result.stdout)
    if case.amount is None:
        assert (line["outcome"], line["reason"], result.exit_code) == ("suspense", "no_prefix", 1)
        assert "amount" not in line
    else:
        assert (line["outcome"], result.exit_code) == ("rated", 0)
        assert Decimal(line["amount"]) == Decimal(case.amount)


def test_every_case_has_its_own_id() -> None:
    assert len({case.id for case in WORKED_CASES}) == len(WORKED_CASES) == 21
