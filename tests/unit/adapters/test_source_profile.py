"""Source profiles: what a file of settings says, what it may not say, and that an option wins over it."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.adapters.formats import FORMATS, OPTIONS, Given
from cli.adapters.outcomes import FileRefused
from cli.adapters.source_profile import KEYS, SourceProfile, read_source_profile
from cli.commands.cdrs.options import FormatName
from cli.main import app
from tests.architecture.sources import ROOT
from tests.unit.adapters.exports import HEADER, a_dialled_row

PROFILE = """\
source = "head-office"
format = "asterisk"
timezone = "America/New_York"
region = "US"
strip = ["999", "99901"]
trunk = ["CarrierOne"]
"""


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    file = tmp_path / "head-office.toml"
    file.write_text(PROFILE)
    return file


def imported(folder: Path, *options: str) -> Result:
    export = folder / "calls.csv"
    export.write_text("\n".join([HEADER, a_dialled_row("9990112125550123", seconds=60)]) + "\n")
    given = ["cdrs", "import", str(export), "--account", "acme", "--dry-run", "--json", *options]
    return CliRunner().invoke(app, given)


def said(result: Result) -> str:
    return re.sub(r"\s+", " ", result.stderr)


def test_its_keys_are_options(profile: Path) -> None:
    assert read_source_profile(profile) == SourceProfile(
        source="head-office",
        format="asterisk",
        timezone="America/New_York",
        region="US",
        strip=("999", "99901"),
        trunk=("CarrierOne",),
    )
    assert {f"--{key}" for key in KEYS} == {*OPTIONS, "--source", "--format"}


def test_an_import_needs_nothing_beside_it(profile: Path, tmp_path: Path) -> None:
    result = imported(tmp_path, "--source-profile", str(profile))
    assert result.exit_code == 0, said(result)
    summary = json.loads(result.stdout)
    assert summary["source"] == "head-office"
    assert summary["findings"]["stripped"]["rows"] == [2]


def test_an_option_wins_over_it(profile: Path, tmp_path: Path) -> None:
    result = imported(tmp_path, "--source-profile", str(profile), "--source", "branch", "--timezone", "UTC")
    assert result.exit_code == 2
    assert "the file was not written in UTC" in said(result)
    summary = json.loads(imported(tmp_path, "--source-profile", str(profile), "--source", "branch").stdout)
    assert summary["source"] == "branch"


def test_a_list_of_options_replaces_its_list(profile: Path, tmp_path: Path) -> None:
    result = imported(tmp_path, "--source-profile", str(profile), "--strip", "99")
    summary = json.loads(result.stdout)
    # Only `99` is taken off now, and what is left is no telephone number.
    assert "stripped" not in summary["findings"]
    assert summary["legs"]["outbound"]["publishable"] == 0


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            'region = "US"\nzone = "UTC"\n',
            "line 2: 'zone' is not a key of a source profile; those are source, format",
        ),
        ('region = "US"\n\n[voiso]\nx = 1\n', "line 3: 'voiso' is not a key"),
        ('strip = "99901"\n', "line 1: 'strip' is a list of texts"),
        ("region = 1\n", "line 1: 'region' is a text"),
        ('region = ""\n', "line 1: 'region' is a text"),
        ('region = "US\n', "is not TOML"),
    ],
)
def test_what_it_may_not_say_is_refused_with_its_place(tmp_path: Path, text: str, sentence: str) -> None:
    file = tmp_path / "p.toml"
    file.write_text(text)
    with pytest.raises(FileRefused, match=re.escape(sentence)):
        read_source_profile(file)


def test_one_that_is_not_there_or_names_no_format(tmp_path: Path) -> None:
    assert "cannot be read: No such file" in said(imported(tmp_path, "--source-profile", str(tmp_path / "no.toml")))
    file = tmp_path / "p.toml"
    file.write_text('format = "avaya"\n')
    result = imported(tmp_path, "--source-profile", str(file))
    assert (result.exit_code, "format 'avaya' is not known" in said(result)) == (2, True)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_described(name: str) -> None:
    runbooks = ROOT / "docs" / "runbooks"
    assert f"`{name}`" in (runbooks / "import-call-records.md").read_text(encoding="utf-8")
    if name not in ("csv", "jsonl"):
        assert f"`{name}`" in (runbooks / "call-records-by-platform.md").read_text(encoding="utf-8")


def test_every_format_can_be_named_and_uses_options_that_exist() -> None:
    assert [name.value for name in FormatName] == list(FORMATS)
    for chosen in FORMATS.values():
        assert {*chosen.needs, *chosen.takes} <= set(OPTIONS)
    assert not any(Given(account_id="acme").has(option) for option in OPTIONS)
