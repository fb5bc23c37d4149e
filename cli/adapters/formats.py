"""The formats that can be imported: what each must be told, what it may be told, and who reads it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from cli.adapters import (
    amazon_connect,
    asterisk,
    cucm,
    freeswitch,
    genesys,
    jsonl,
    neutral_csv,
    twilio,
    voiso,
    webex,
)
from cli.adapters.lines import decoded
from cli.adapters.numbers import NumberRules
from cli.adapters.outcomes import FileRefused, Outcome
from cli.adapters.voiso.mapping import read_mapping
from contracts.values.calendar import CalendarError, zone_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What the operator says of a file, as written; an option left out is None or empty."""

    account_id: str
    timezone: str | None = None
    region: str | None = None
    strip: tuple[str, ...] = ()
    profile: str | None = None
    trunk: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    mapping: Path | None = None

    def has(self, option: str) -> bool:
        """Whether the operator said anything for an option like `--region`."""
        return bool(getattr(self, option.removeprefix("--")))

    @property
    def zone(self) -> ZoneInfo:
        """The zone named, UTC where a format has no local times. Raises FileRefused when there is none."""
        try:
            return zone_of(self.timezone or "UTC")
        except CalendarError as error:
            raise FileRefused(f"--timezone: {error}; give one like America/New_York") from error

    @property
    def rules(self) -> NumberRules:
        """How the platform writes numbers. Raises FileRefused for a region or prefix that is none."""
        return NumberRules(region=self.region, strip=self.strip)


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One kind of file.

    needs: options it cannot be read without, and takes: those it also has a use for; `why` says, in the
    refusal, what the file itself holds. by_line: a row is a line of the file; else a record of a document.
    """

    read: Callable[[Iterable[bytes], Given], Iterator[Outcome]]
    why: str
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    by_line: bool = True


OPTIONS: Final = ("--timezone", "--region", "--strip", "--profile", "--trunk", "--own", "--mapping")
"""The options that only some formats have a use for."""


def outcomes(raw: Iterable[bytes], name: str, given: Given) -> Iterator[Outcome]:
    """The fate of every row of a file of this format, as its adapter tells it; `raw` is the file's lines.

    Raises FileRefused when an option is missing that the format needs, or given that it has no use for.
    """
    chosen = FORMATS[name]
    if not all(given.has(option) for option in chosen.needs):
        raise FileRefused(f"--format {name} needs {' and '.join(chosen.needs)}: {chosen.why}")
    used = (*chosen.needs, *chosen.takes)
    useless = [option for option in OPTIONS if option not in used and given.has(option)]
    if useless:
        raise FileRefused(f"--format {name} has no use for {' and '.join(useless)}: {chosen.why}; leave it out")
    return chosen.read(raw, given)


def _asterisk(raw: Iterable[bytes], given: Given) -> Iterator[Outcome]:
    options = asterisk.AsteriskOptions(
        account_id=given.account_id,
        zone=given.zone,
        rules=given.rules,
        profile=given.profile,
        trunks=given.trunk,
    )
    return asterisk.read(decoded(raw), options)


def _csv(raw: Iterable[bytes], given: Given) -> Iterator[Outcome]:
    options = neutral_csv.CsvOptions(account_id=given.account_id, zone=given.zone, rules=given.rules)
    return neutral_csv.read(decoded(raw), options)


def _jsonl(raw: Iterable[bytes], given: Given) -> Iterator[Outcome]:
    return jsonl.read(decoded(raw), account_id=given.account_id)


def _cucm(raw: Iterable[bytes], given: Given) -> Iterator[Outcome]:
    options = cucm.CucmOptions(
        account_id=given.account_id, rules=given.rules, trunks=frozenset(given.trunk), own=given.own
    )
    return cucm.read(decoded(raw), options)


def _freeswitch_json(raw: Iterable[bytes], given: Given) -> Iterator[Outcome]:
    options = freeswitch.FreeswitchOptions(account_id=given.account_id, rules=given.rules, own=given.own)
    return freeswitch.read_documents(raw, options)


def _freeswitch_csv(raw: Iterable[bytes], given: Given) -> Iterator[Outcome]:
    options = freeswitch.FreeswitchOptions(
        account_id=given.account_id,
        rules=given.rules,
        own=given.own,
        zone=given.zone if given.timezone else None,
        template=given.profile,
    )
    return freeswitch.read_lines(decoded(raw), options)


def _genesys(raw: Iterable[bytes], given: Given) -> Iterator[Outcome]:
    return genesys.read(raw, genesys.GenesysOptions(account_id=given.account_id, rules=given.rules))


def _amazon_connect(raw: Iterable[bytes], given: Given) -> Iterator[Outcome]:
    return amazon_connect.read(raw, account_id=given.account_id, rules=given.rules)


def _twilio(raw: Iterable[bytes], given: Given) -> Iterator[Outcome]:
    return twilio.read(raw, twilio.TwilioOptions(account_id=given.account_id, rules=given.rules))


def _voiso(raw: Iterable[bytes], given: Given) -> Iterator[Outcome]:
    mapping = read_mapping(given.mapping)
    if mapping.instants == "local" and given.timezone is None:
        raise FileRefused("the mapping says that times are local: give --timezone")
    if mapping.instants != "local" and given.timezone is not None:
        raise FileRefused("the mapping says that times are instants: leave out --timezone")
    options = voiso.VoisoOptions(account_id=given.account_id, zone=given.zone, rules=given.rules, mapping=mapping)
    return voiso.read(raw, options)


def _webex(raw: Iterable[bytes], given: Given) -> Iterator[Outcome]:
    return webex.read(raw, webex.WebexOptions(account_id=given.account_id, rules=given.rules))


FORMATS: Final[Mapping[str, Format]] = {
    "asterisk": Format(
        read=_asterisk,
        why="the file itself says neither zone nor country",
        needs=("--timezone", "--region"),
        takes=("--strip", "--profile", "--trunk"),
    ),
    "cucm": Format(
        read=_cucm,
        why="it holds instants, and numbers as they are dialled in the country",
        needs=("--region",),
        takes=("--strip", "--trunk", "--own"),
    ),
    "freeswitch-json": Format(
        read=_freeswitch_json,
        why="it holds instants, and numbers as they are dialled in the country",
        needs=("--region",),
        takes=("--strip", "--own"),
        by_line=False,
    ),
    "freeswitch-csv": Format(
        read=_freeswitch_csv,
        why="it holds numbers as they are dialled in the country",
        needs=("--region",),
        takes=("--strip", "--own", "--timezone", "--profile"),
    ),
    "genesys": Format(
        read=_genesys,
        why="its records hold instants, and E.164 numbers as a rule",
        takes=("--region", "--strip"),
        by_line=False,
    ),
    "amazon-connect": Format(
        read=_amazon_connect,
        why="its records hold instants and E.164 numbers",
        takes=("--region", "--strip"),
        by_line=False,
    ),
    "twilio": Format(
        read=_twilio,
        why="its records hold instants and E.164 numbers",
        takes=("--region", "--strip"),
        by_line=False,
    ),
    "voiso": Format(
        read=_voiso,
        why="its mapping file says how a page is written",
        takes=("--timezone", "--region", "--strip", "--mapping"),
        by_line=False,
    ),
    "webex": Format(
        read=_webex,
        why="its records hold instants, and E.164 numbers as a rule",
        takes=("--region", "--strip"),
        by_line=False,
    ),
    "csv": Format(
        read=_csv,
        why="its columns are fields of a call record, in local times and national numbers",
        needs=("--timezone", "--region"),
        takes=("--strip",),
    ),
    "jsonl": Format(read=_jsonl, why="its records hold instants and E.164 numbers"),
}
