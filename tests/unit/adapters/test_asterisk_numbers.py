"""The number really sent, the caller, the own number and the user of Asterisk's legs."""

from typing import Any

import pytest

from cli.adapters.asterisk.channels import number_sent
from cli.adapters.outcomes import FileRefused, Finding, Reason
from tests.unit.adapters.exports import (
    CARRIER,
    a_dialled_row,
    a_row,
    an_inbound_row,
    imported,
    records,
    rows_for,
    the_record,
)


def test_the_number_really_sent_is_charged_not_dst() -> None:
    outcomes = imported([a_dialled_row("12125550123", dst="0123")])
    assert the_record(outcomes).other_party == "+12125550123"
    assert rows_for(outcomes, Reason.SENT_DIFFERS) == [2]


@pytest.mark.parametrize(
    ("dial", "sent"),
    [
        (f"PJSIP/12125550123@{CARRIER},,XL(1:2:3)b(gosub^s^1)", "12125550123"),
        (f"SIP/{CARRIER}/12125550123,300,T", "12125550123"),
        (f"SIP/301&PJSIP/12125550123@{CARRIER},60,t", "12125550123"),
        ("PJSIP/301/sip:301@192.0.2.1:5060;ob,20,rt", None),
        ("PJSIP/12125550123@Another,,", None),
        ("Local/301@agents/n", None),
        ("", None),
    ],
)
def test_dial_strings(dial: str, sent: str | None) -> None:
    assert number_sent(dial, CARRIER) == sent


@pytest.mark.parametrize(
    ("sent", "strip", "number"),
    [
        ("12125550123", (), "+12125550123"),
        ("2125550123", (), "+12125550123"),
        ("+442079460000", (), "+442079460000"),
        ("011442079460000", (), "+442079460000"),
        ("99901011442079460000", ("99901",), "+442079460000"),
        ("99901011442079460000", ("999", "99901"), "+442079460000"),
        ("442079460000", (), "+442079460000"),
    ],
)
def test_prefix_off_then_region(sent: str, strip: tuple[str, ...], number: str) -> None:
    outcomes = imported([a_dialled_row(sent)], strip=strip)
    assert the_record(outcomes).other_party == number
    assert rows_for(outcomes, Reason.STRIPPED) == ([2] if strip else [])
    assert rows_for(outcomes, Reason.BARE_INTERNATIONAL) == ([2] if sent == "442079460000" else [])


@pytest.mark.parametrize("sent", ["911", "881142", "0806185", "08317516836", "*67", "٢١٢٥٥٥٠١٢٣", "anna"])
def test_what_is_no_telephone_number_is_listed_with_its_seconds_and_never_dropped(sent: str) -> None:
    outcomes = imported([a_dialled_row(sent, seconds=31)])
    (finding,) = [one for one in outcomes if isinstance(one, Finding) and one.reason is Reason.DIALLED_NUMBER]
    assert (finding.rows, finding.direction, finding.billed_s) == ((2,), "outbound", 31)
    assert records(outcomes) == []


@pytest.mark.parametrize("src", ["Anonymous", "Restricted", "unavailable", "NULL"])
def test_callers_without_a_number_are_withheld(src: str) -> None:
    outcomes = imported([an_inbound_row(src=src, seconds=5)])
    assert the_record(outcomes).other_party == "withheld"
    assert rows_for(outcomes, Reason.CALLER_NUMBER) == []


@pytest.mark.parametrize("src", ["214943", "asterisk", "12"])
def test_a_caller_who_is_no_telephone_number_is_kept_as_withheld_and_named(src: str) -> None:
    outcomes = imported([an_inbound_row(src=src, seconds=5)])
    assert the_record(outcomes).other_party == "withheld"
    assert rows_for(outcomes, Reason.CALLER_NUMBER) == [2]


@pytest.mark.parametrize(
    ("given", "own"),
    [
        ({"did": "2125550100", "dst": "6000"}, "+12125550100"),
        ({"did": "NULL", "dst": "2125550100"}, "+12125550100"),
        ({"did": "NULL", "dst": "211553"}, None),
    ],
)
def test_inbound_the_own_number_is_the_number_dialled(given: dict[str, Any], own: str | None) -> None:
    outcomes = imported([an_inbound_row(seconds=5, **given)])
    assert the_record(outcomes).own_number == own
    assert bool(rows_for(outcomes, Reason.NO_OWN_NUMBER)) == (own is None)


@pytest.mark.parametrize(
    ("clid", "own"),
    [
        ('"Ada" <12125550100>', "+12125550100"),
        ("12125550100", "+12125550100"),
        ('"Ada" <201>', None),
        ('"Ada" <12125550123>', None),
        ("NULL", None),
    ],
    ids=["number", "bare number", "extension", "the number dialled itself", "none"],
)
def test_outbound_the_own_number_is_the_caller_ids(clid: str, own: str | None) -> None:
    record = the_record(imported([a_dialled_row("12125550123", clid=clid)]))
    assert (record.own_number, record.presented_caller_id) == (own, own)


def test_click_to_call_belongs_to_whoever_talked_at_the_other_end() -> None:
    linked = {"linkedid": "1709650800.1", "accountcode": "250"}
    rows = [
        a_dialled_row(channel="Local/12125550123@out-00000007;2", seconds=30, **linked),
        a_row(channel="Local/12125550123@out-00000007;1", dstchannel="PJSIP/204-00000009", seconds=25, **linked),
    ]
    record = the_record(imported(rows))
    assert (record.channel, record.user_id) == ("click_to_call", "204")
    unanswered = the_record(imported(rows[:1]))
    assert (unanswered.channel, unanswered.user_id) == ("click_to_call", "250")


def test_an_unknown_region_and_a_prefix_that_is_none_are_refused() -> None:
    with pytest.raises(FileRefused, match="'XX' is not a country"):
        imported([a_dialled_row()], region="XX")
    with pytest.raises(FileRefused, match="not a dialled prefix"):
        imported([a_dialled_row()], strip=["a,b"])
