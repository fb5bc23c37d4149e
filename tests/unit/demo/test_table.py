"""The closing table shows every unit, sums them, and says plainly when they do not sum to what was rated."""

from decimal import Decimal

import pytest
from rich.console import Console

from cli.demo.table import Closing, RatedTotal, UnitCosts, rendered, shares_of


def a_closing(*, rated: str = "30.000001", rated_calls: int = 1_203) -> Closing:
    return Closing(
        title="demo, October 2026",
        currency="EUR",
        units=(
            UnitCosts(
                unit_id="a", name="Care [north]", calls=1_000, duration_ms=90_000_000, amount=Decimal("20.5")
            ),
            UnitCosts(unit_id="b", name="Sales", calls=200, duration_ms=4_500, amount=Decimal("9.000001")),
            UnitCosts(unit_id=None, name="Unassigned", calls=3, duration_ms=0, amount=Decimal("0.5")),
        ),
        rated=RatedTotal(calls=rated_calls, amount=Decimal(rated)),
        ran_on="Apache Kafka 4.1 (jars, 127.0.0.1:9092) and PostgreSQL 18 (wheel, 127.0.0.1:5432)",
        next_commands=(("ringledger verify", "prove it from base rows"), ("ringledger status", "see what runs")),
    )


def shown(closing: Closing) -> str:
    console = Console(width=120, force_terminal=False)
    with console.capture() as captured:
        console.print(rendered(closing))
    return captured.get()


def test_each_unit_has_its_row_and_the_total_its_own() -> None:
    lines = [line.replace("│", " ").replace("┃", " ").split() for line in shown(a_closing()).splitlines()]
    assert ["Care", "[north]", "1,000", "1,500.0", "20.500000", "68.3", "%"] in lines
    assert ["Sales", "200", "0.1", "9.000001", "30.0", "%"] in lines
    assert ["Unassigned", "3", "0.0", "0.500000", "1.7", "%"] in lines
    assert ["Total", "1,203", "1,500.1", "30.000001", "100.0", "%"] in lines


def test_where_it_ran_and_what_to_try_next_stand_under_it() -> None:
    text = " ".join(shown(a_closing()).split())
    assert "Ran on Apache Kafka 4.1 (jars, 127.0.0.1:9092) and PostgreSQL 18 (wheel, 127.0.0.1:5432)." in text
    assert "ringledger verify prove it from base rows" in text
    assert "The units sum to what was rated, exactly: 30.000001 EUR for 1,203 uses." in text


@pytest.mark.parametrize(
    ("rated", "calls", "words"),
    [
        ("30.000000", 1_203, "difference 0.000001"),
        ("30.000001", 1_204, "1,203 uses against 30.000001 for 1,204"),
    ],
)
def test_a_difference_is_said_and_does_not_tie(rated: str, calls: int, words: str) -> None:
    closing = a_closing(rated=rated, rated_calls=calls)
    assert not closing.ties
    text = " ".join(shown(closing).split())
    assert "do not sum" in text
    assert words in text


def test_the_sum_ties() -> None:
    assert a_closing().ties


@pytest.mark.parametrize(
    ("amounts", "shares"),
    [
        (["1", "1", "1"], ["33.4 %", "33.3 %", "33.3 %"]),
        (["0", "2"], ["–", "100.0 %"]),
        (["0", "0"], ["–", "–"]),
        ([], []),
    ],
)
def test_shares_sum_to_a_hundred(amounts: list[str], shares: list[str]) -> None:
    assert shares_of([Decimal(amount) for amount in amounts]) == shares
