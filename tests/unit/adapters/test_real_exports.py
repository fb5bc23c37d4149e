"""Two real exports, read from the folder that RINGLEDGER_REAL_DATA names, against figures found by hand."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from cli.adapters.asterisk import AsteriskOptions, read
from cli.adapters.lines import decoded
from cli.adapters.numbers import NumberRules
from cli.adapters.outcomes import FileRefused, Outcome
from cli.adapters.summary import LegCount, Summary


def outcomes_of(file: Path, zone: str, region: str, *, trunks: Sequence[str] = ()) -> list[Outcome]:
    options = AsteriskOptions(
        account_id="acme",
        zone=ZoneInfo(zone),
        rules=NumberRules(region=region, strip=("99901",)),
        trunks=trunks,
    )
    with file.open("rb") as opened:
        return list(read(decoded(opened), options))


def summary_of(outcomes: Sequence[Outcome]) -> Summary:
    summary = Summary()
    for outcome in outcomes:
        summary.add(outcome)
    return summary


def test_a_contact_centre_of_pbxware(real_data: Path) -> None:
    summary = summary_of(outcomes_of(real_data / "cdrs/asterisk-pbxware-us.csv", "America/New_York", "US"))
    assert summary.rows == 1_000
    assert summary.legs["inbound"] == LegCount(found=105, answered=91, billed_ms=15_055_000, publishable=105)
    # 23 legs sent the carrier what is no telephone number (Indian national numbers, short codes); none answered.
    assert summary.legs["outbound"] == LegCount(found=205, answered=107, billed_ms=9_924_000, publishable=182)
    found = Counter({reason.key: sum(len(f.rows) for f in fs) for reason, fs in summary.findings.items()})
    assert found == {
        "internal": 572,
        "conference": 14,
        "own_conference": 1,
        "undialled_trunk": 1,
        "dialled_number": 23,
        "sent_differs": 151,
        "stripped": 11,
        "stray": 23,
        "quoting": 773,
        "bare_international": 7,
        "failover": 40,
        "no_own_number": 59,
    }
    assert summary.zone is not None
    assert summary.zone.commonest_offset_min == -300
    assert (len(summary.own_numbers), summary.linked) == (8, 3)


def test_a_master_csv_with_named_trunks(real_data: Path) -> None:
    file = real_data / "cdrs/asterisk-master-21-columns.csv"
    summary = summary_of(outcomes_of(file, "UTC", "RU", trunks=("211474", "211553")))
    assert summary.rows == 84
    assert summary.legs["inbound"] == LegCount(found=36, answered=31, billed_ms=954_000, publishable=36)
    assert summary.legs["outbound"].found == 0


@pytest.mark.parametrize("zone", ["Europe/Rome", "America/Los_Angeles", "UTC"])
def test_a_zone_that_disagrees_refuses_the_file(real_data: Path, zone: str) -> None:
    with pytest.raises(FileRefused, match="not written in"):
        outcomes_of(real_data / "cdrs/asterisk-pbxware-us.csv", zone, "US")
