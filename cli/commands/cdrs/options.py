"""The options of `ringledger cdrs import`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class FormatName(StrEnum):
    """What the file is; a test holds these names to the formats there are."""

    ASTERISK = "asterisk"
    CUCM = "cucm"
    FREESWITCH_JSON = "freeswitch-json"
    FREESWITCH_CSV = "freeswitch-csv"
    GENESYS = "genesys"
    AMAZON_CONNECT = "amazon-connect"
    TWILIO = "twilio"
    VOISO = "voiso"
    WEBEX = "webex"
    CSV = "csv"
    JSONL = "jsonl"


FileArgument = Annotated[Path, typer.Argument(help="The exported file.", show_default=False)]
AccountOption = Annotated[str, typer.Option("--account", help="Whose calls they are.", show_default=False)]
FormatOption = Annotated[
    FormatName | None, typer.Option("--format", help="What the file is.", show_default="the source profile's")
]
SourceProfileOption = Annotated[
    Path | None,
    typer.Option("--source-profile", help="TOML file of what a source always needs; options here win over it."),
]
SourceOption = Annotated[
    str | None,
    typer.Option(
        "--source", help="Name of the platform; two PBXs of one account need two.", show_default="the format"
    ),
]
TimezoneOption = Annotated[
    str | None, typer.Option("--timezone", help="Zone of local times, like America/New_York.")
]
RegionOption = Annotated[str | None, typer.Option("--region", help="Country of national numbers, like US.")]
StripOption = Annotated[
    list[str] | None, typer.Option("--strip", help="Prefix carriers want before a number; repeatable.")
]
ProfileOption = Annotated[
    str | None,
    typer.Option(
        "--profile",
        help="Column layout of asterisk: master, pbxware, freepbx; of freeswitch-csv: default, example.",
    ),
]
TrunkOption = Annotated[
    list[str] | None, typer.Option("--trunk", help="Endpoint that leads to a carrier; repeatable.")
]
OwnOption = Annotated[
    list[str] | None,
    typer.Option("--own", help="What the platform's own numbers begin with, as it writes them; repeatable."),
]
MappingOption = Annotated[
    Path | None,
    typer.Option(
        "--mapping", help="TOML file of the names of fields in a page of voiso.", show_default="the one shipped"
    ),
]
FromRowOption = Annotated[
    int, typer.Option("--from-row", min=1, help="Publish only legs that begin at this row or later.")
]
ReportOption = Annotated[
    Path | None, typer.Option("--report", help="Write every finding with its row into this CSV file.")
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Read and sum up; publish nothing.")]
JsonOption = Annotated[bool, typer.Option("--json", help="The summary as JSON on standard output.")]
