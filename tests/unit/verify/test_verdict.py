"""What a verdict says of sums, and how a reader is told."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from io import StringIO

import orjson
import pytest
from rich.console import Console

from cli.verify.page import as_document, rendered
from cli.verify.verdict import CheckResult, Conserved, OnTheWay, Sums, Verdict
from contracts.events.envelope import to_json

AT = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)


def sums(amount: str, *, calls: int = 1, seconds: int = 60) -> Sums:
    return Sums(records=calls, amount=Decimal(amount), calls=calls, billed_s=seconds)


NOTHING = sums("0.000000", calls=0, seconds=0)


def a_line(upstream: Sums, downstream: Sums, in_flight: Sums = NOTHING) -> Conserved:
    return Conserved(
        flow="charges",
        account_id="acme",
        currency="EUR",
        booked_period=date(2026, 10, 1),
        upstream=upstream,
        downstream=downstream,
        in_flight=in_flight,
    )


def a_verdict(*lines: Conserved, checks: tuple[CheckResult, ...] = ()) -> Verdict:
    return Verdict(
        taken_at=AT,
        database="PostgreSQL 18",
        broker="127.0.0.1:9092",
        account_id=None,
        period=None,
        conservation=lines,
        in_flight=(),
        on_the_way=(),
        checks=checks,
        waiting=(),
        suspense={},
        took_s=0.1,
    )


def page(verdict: Verdict) -> str:
    text = StringIO()
    Console(width=140, file=text).print(rendered(verdict))
    return text.getvalue()


@pytest.mark.parametrize(
    ("upstream", "downstream", "in_flight", "difference", "holds"),
    [
        (sums("1.000000"), sums("1.000000"), NOTHING, "0.000000", True),
        (sums("1.000000"), NOTHING, sums("1.000000"), "0.000000", True),
        (sums("1.000000"), sums("0.999999"), NOTHING, "0.000001", False),
        (sums("1.000000"), sums("1.000001"), NOTHING, "-0.000001", False),
        (sums("1.000000"), sums("1.000000", seconds=61), NOTHING, "0.000000", False),
        (sums("1.000000"), sums("1.000000", calls=2), NOTHING, "0.000000", False),
    ],
)
def test_a_flow_holds_when_all_is_downstream_or_on_its_way(
    upstream: Sums, downstream: Sums, in_flight: Sums, difference: str, holds: bool
) -> None:
    line = a_line(upstream, downstream, in_flight)
    assert str(line.difference) == difference
    assert line.holds is holds
    assert a_verdict(line).holds is holds


def test_one_check_that_does_not_hold_is_enough() -> None:
    lost = CheckResult(name="nothing lost", sentence="All arrived.", offending=21, rows=[{"id": "the-one"}])
    verdict = a_verdict(a_line(sums("1.000000"), sums("1.000000")), checks=(lost,))
    assert not verdict.holds
    text = page(verdict)
    assert text.startswith("DOES NOT HOLD: 1 difference over 1 ratings")
    assert "nothing lost: 21 rows. All arrived." in text
    assert "id=the-one" in text


def test_the_first_line_says_that_it_holds_and_of_what() -> None:
    verdict = a_verdict(a_line(sums("1234.500000"), sums("1234.500000")))
    assert page(verdict).startswith("HOLDS: 1 ratings and reversals, 1,234.500000 EUR; nothing lost, nothing in fl")


def test_nothing_to_prove_is_said() -> None:
    assert "no rated usage" in page(a_verdict())


def test_what_is_on_its_way_is_told_and_does_not_speak_against_it() -> None:
    on_the_way = OnTheWay(
        flow="charges", kind="topic", currency="EUR", records=3, amount=Decimal("0.5"), oldest=AT.replace(hour=10)
    )
    verdict = replace(
        a_verdict(a_line(sums("1.0"), sums("0.5"), sums("0.5", calls=0, seconds=0))), on_the_way=[on_the_way]
    )
    assert (verdict.holds, verdict.settled) == (True, False)
    assert "3 records in flight" in page(verdict)
    assert "2 h" in page(verdict)


def test_machines_get_amounts_as_text() -> None:
    document = orjson.loads(to_json(as_document(a_verdict(a_line(sums("1.000000"), sums("0.999999"))))))
    assert document["holds"] is False
    assert document["conservation"][0]["difference"] == "0.000001"
    assert document["conservation"][0]["upstream"]["amount"] == "1.000000"
