"""The column layouts of Asterisk's call records, told apart by header or by their number of columns."""

from collections.abc import Sequence
from dataclasses import dataclass

from cli.adapters.outcomes import FileRefused

NEEDED = (
    "src",
    "dst",
    "clid",
    "channel",
    "dstchannel",
    "lastapp",
    "lastdata",
    "start",
    "duration",
    "billsec",
    "disposition",
    "uniqueid",
    "linkedid",
)
"""Columns without which chargeable legs cannot be found."""

_MASTER = (
    "accountcode,src,dst,dcontext,clid,channel,dstchannel,lastapp,lastdata,start,answer,end,duration,billsec,"
    "disposition,amaflags,uniqueid,userfield,peeraccount,linkedid,sequence"
)
_PBXWARE = (
    "AcctId,tenant,clid,src,dst,dcontext,channel,dstchannel,lastapp,lastdata,calldate,duration,billsec,"
    "billamount,disposition,amaflags,accountcode,uniqueid,userfield,linkedid,sequence,agiuniqueid,trunk,did,"
    "sipcallid,inboundsipcallid"
)
_FREEPBX = (
    "calldate,clid,src,dst,dcontext,channel,dstchannel,lastapp,lastdata,duration,billsec,disposition,amaflags,"
    "accountcode,uniqueid,userfield,did,recordingfile,cnum,cnam,outbound_cnum,outbound_cnam,dst_cnam,linkedid,"
    "peeraccount,sequence"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Where each column stands. `columns` are lower case; `calldate` is called `start` here.

    has_header: whether the file's first line names the columns.
    """

    name: str
    columns: tuple[str, ...]
    has_header: bool

    def named(self, cells: Sequence[str]) -> dict[str, str]:
        """The cells of one row by column; empty cells and the word NULL are left out."""
        return {column: cell for column, cell in zip(self.columns, cells, strict=True) if cell not in ("", "NULL")}


def _profile(name: str, columns: str, *, has_header: bool) -> Profile:
    return Profile(name=name, columns=_columns(columns.split(",")), has_header=has_header)


def _columns(header: Sequence[str]) -> tuple[str, ...]:
    lower = [name.strip().strip('"').lower() for name in header]
    return tuple("start" if name == "calldate" else name for name in lower)


PROFILES = {
    profile.name: profile
    for profile in (
        _profile("master", _MASTER, has_header=False),
        _profile("pbxware", _PBXWARE, has_header=True),
        _profile("freepbx", _FREEPBX, has_header=True),
    )
}
"""`master`: cdr_csv's Master.csv with loguniqueid, loguserfield and newcdrcolumns on. `pbxware` and
`freepbx`: exports of their cdr tables with a header."""


def profile_of(first_line: str, *, named: str | None = None) -> Profile:
    """The layout of a file that begins with this line; `named` is the operator's `--profile`.

    A header wins over its profile's own order of columns, so an export with more columns is read too.
    Raises FileRefused when no layout fits, or a column that is needed is missing.
    """
    if named is not None and named not in PROFILES:
        raise FileRefused(f"--profile {named!r} is not known; choose one of {', '.join(PROFILES)}")
    header = _columns(first_line.split(","))
    if "channel" in header:
        return _by_header(header, named)
    if named is not None:
        chosen = PROFILES[named]
        return Profile(name=chosen.name, columns=chosen.columns, has_header=False)
    # Quoted cells may hold commas, so the number of columns is known only from the quotes between them.
    if first_line.startswith('"') and first_line.count('","') + 1 >= 16:
        return _master(first_line.count('","') + 1)
    raise FileRefused(
        "line 1 is neither a header naming the column `channel` nor a row of a 21-column Master.csv; "
        "give --profile if the file has no header, or another --format"
    )


def _by_header(header: tuple[str, ...], named: str | None) -> Profile:
    missing = [column for column in NEEDED if column not in header]
    if missing:
        raise FileRefused(f"the header in line 1 lacks {', '.join(missing)}; export the file with these columns")
    if len(set(header)) != len(header):
        raise FileRefused("the header in line 1 names a column twice; export the file with each column once")
    known = next((name for name, profile in PROFILES.items() if set(profile.columns) == set(header)), "header")
    if named is not None and known != named:
        raise FileRefused(f"--profile {named} does not fit the header in line 1, which is that of {known}")
    return Profile(name=known, columns=header, has_header=True)


def _master(columns: int) -> Profile:
    master = PROFILES["master"]
    if columns == len(master.columns):
        return master
    raise FileRefused(
        f"line 1 has {columns} columns; a Master.csv is read with all 21 (set loguniqueid, loguserfield and "
        "newcdrcolumns to yes in cdr.conf: without linkedid the legs of a call cannot be found)"
    )
