"""`ringledger rate`: what it reads, what it writes, and how it ends."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from contracts.events.call import CALL_RECORDED, CallDetailRecord
from contracts.events.envelope import encode, to_json
from services.usage_rating.domain.document import canonical_text
from tests.support.builders import a_call, a_plan, a_price, a_rate, an_instant

DECK = "prefix,destination,rate_per_minute,connection_fee,initial_increment,increment\n49,Germany,0.6,0,1,1\n"
YAML = """
schema: 1
plan_id: retail
version: 1
name: Retail
currency: EUR
effective_from: 2026-01-01
calls:
  prices:
    land: {bands: [{from_s: 0, per_minute: 0.6}], increment_s: 1}
  outbound:
    rates:
      - {prefix: "49", destination: Germany, price: land}
"""
DECK_OPTIONS = ("--currency", "EUR", "--effective-from", "2026-01-01")


def run(plan: Path, *options: str, usage: bytes = b"") -> Result:
    return CliRunner().invoke(app, ["rate", "--plan", str(plan), "--usage", "-", *options], input=usage)


def lines(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def usage(*calls: CallDetailRecord) -> bytes:
    return b"".join(to_json(call) + b"\n" for call in calls)


@pytest.fixture
def document(tmp_path: Path) -> Path:
    path = tmp_path / "plan.json"
    path.write_text(canonical_text(a_plan(a_rate("49", a_price("0.6")))), encoding="utf-8")
    return path


@pytest.fixture
def deck(tmp_path: Path) -> Path:
    path = tmp_path / "my-deck.csv"
    path.write_text(DECK, encoding="utf-8")
    return path


def test_a_document_a_yaml_document_and_a_deck_price_alike(document: Path, deck: Path, tmp_path: Path) -> None:
    yaml = tmp_path / "plan.yaml"
    yaml.write_text(YAML, encoding="utf-8")
    for plan, options, plan_id in ((document, (), "plan"), (yaml, (), "retail"), (deck, DECK_OPTIONS, "my-deck")):
        result = run(plan, *options, usage=usage(a_call(seconds=30)))
        (line,) = lines(result)
        assert (line["amount"], line["currency"], line["billed_s"]) == ("0.300000", "EUR", 30)
        assert (line["certificate"]["plan_id"], line["certificate"]["prefix"]) == (plan_id, "49")
        assert result.exit_code == 0


def test_every_line_in_is_a_line_out_with_its_number_and_no_number_called(document: Path) -> None:
    given = usage(
        a_call(seconds=30, call_id="a"),
        a_call(answered=None, call_id="b"),
        a_call(to="+33123456789", call_id="c"),
        a_call(voided=True, call_id="d"),
    )
    result = run(document, usage=given + b'{"account_id": 7}\nnot json\n')
    assert [(line["line"], line["outcome"], line.get("reason")) for line in lines(result)[:4]] == [
        (1, "rated", None),
        (2, "zero_rated", "unanswered"),
        (3, "suspense", "no_prefix"),
        (4, "voided", None),
    ]
    assert [(line["line"], line["outcome"]) for line in lines(result)[4:]] == [(5, "refused"), (6, "refused")]
    assert "33123456789" not in result.output
    assert result.exit_code == 1
    assert "6 lines" in result.stderr


def test_a_cloud_event_is_read_like_a_bare_record(document: Path) -> None:
    event = encode(
        kind=CALL_RECORDED, event_id="e1", source="pbx", time=an_instant("2026-03-02"), data=a_call(seconds=30)
    )
    (line,) = lines(run(document, usage=event))
    assert (line["call_id"], line["amount"]) == ("call-1", "0.300000")


def test_inbound_options_price_inbound_calls_of_a_deck(deck: Path) -> None:
    call = usage(a_call(direction="inbound", to="withheld", seconds=61))
    options = ("--inbound-per-minute", "0.06", "--inbound-connection-fee", "0.01", "--inbound-increment", "60")
    (line,) = lines(run(deck, *DECK_OPTIONS, *options, usage=call))
    assert (line["amount"], line["billed_s"]) == ("0.071000", 61)
    (line,) = lines(run(deck, *DECK_OPTIONS, usage=call))
    assert (line["outcome"], line["reason"]) == ("suspense", "no_inbound_price")


def test_a_deck_with_problems_rates_nothing_and_shows_them_all(deck: Path) -> None:
    deck.write_text(DECK + "43,Austria,1200,0,1,1\n44,Britain,x,0,1,1\n", encoding="utf-8")
    result = run(deck, *DECK_OPTIONS, usage=usage(a_call()))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "row 3, rate_per_minute: '1200' looks like a price that lost its decimal point" in result.stderr
    assert "row 4, rate_per_minute: 'x' is not a price" in result.stderr
    assert "2 problems; nothing was rated" in result.stderr


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("plan.json", '{"schema": 1, "schema": 1}', "'schema' stands twice"),
        ("plan.yaml", "schema: 1\nschema: 1\n", "'schema' stands twice"),
        ("plan.yaml", "schema: [", "not YAML"),
        ("plan.yaml", "!!python/object/apply:os.getcwd []", "not YAML"),
        ("plan.json", "[1]", "one object, not a list"),
        ("plan.json", "[" * 100_000, "not JSON"),
        ("plan.xlsx", "", "a .json, .yaml or .csv file"),
        ("plan.json", '{"schema": 2}', "schema: '2' is not the schema known here"),
    ],
)
def test_a_file_that_is_no_plan_is_refused_with_its_reason(
    name: str, content: str, says: str, tmp_path: Path
) -> None:
    plan = tmp_path / name
    plan.write_text(content, encoding="utf-8")
    result = run(plan, usage=usage(a_call()))
    assert (result.exit_code, result.stdout) == (2, "")
    assert says in result.stderr


def test_a_plan_that_is_not_there_or_not_utf8_is_refused(tmp_path: Path) -> None:
    assert run(tmp_path / "none.json").exit_code == 2
    latin = tmp_path / "latin.csv"
    latin.write_bytes(b"prefix\xe9")
    result = run(latin, *DECK_OPTIONS)
    assert result.exit_code == 2
    assert "byte 6 is not UTF-8" in result.stderr


@pytest.mark.parametrize(
    "options",
    [
        ("--effective-from", "1 May"),
        ("--inbound-per-minute", "cheap"),
        ("--allow-price-up-to", "-1"),
        ("--plan-id", "two words"),
        ("--scale", "7"),
        ("--rounding", "nearest"),
    ],
)
def test_an_option_that_cannot_be_read_is_a_usage_error(options: tuple[str, str], deck: Path) -> None:
    assert run(deck, *options).exit_code == 2


def test_deck_options_with_a_plan_document_are_a_usage_error(document: Path) -> None:
    assert run(document, "--currency", "USD").exit_code == 2
