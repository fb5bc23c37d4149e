"""Asterisk's channel names and dial strings: who is at the end of a channel, and which number a trunk was sent."""

import re

_CHANNEL = re.compile(
    r"(?:[A-Za-z]+/)?(?P<name>(?P<tech>[A-Za-z0-9]+)/(?P<peer>[^/]+?)-(?P<serial>[0-9a-f]+)(?P<half>;[12])?)(?:<ZOMBIE>)?",
    re.ASCII,
)
_AT = re.compile(r"[A-Za-z0-9]+/(?P<number>[^/@]+)@(?P<trunk>[^/@]+)(?:/.*)?", re.ASCII)
_SLASH = re.compile(r"[A-Za-z0-9]+/(?P<trunk>[^/@]+)/(?P<number>[^/@:]+)", re.ASCII)


def canonical(channel: str) -> str:
    """The channel's name without what Asterisk puts around it while it is moved (`AsyncGoto/…`, `…<ZOMBIE>`)."""
    match = _CHANNEL.fullmatch(channel)
    return match["name"] if match else channel


def peer_of(channel: str) -> str | None:
    """The endpoint of a channel: `PJSIP/1115-0000002a` → `1115`; None for a Local channel or no channel."""
    match = _CHANNEL.fullmatch(channel)
    if match is None or match["tech"] == "Local":
        return None
    return match["peer"]


def extension_of(channel: str) -> str | None:
    """Whom a channel leads to, also through a Local channel: `Local/1127@agents-00000025;1` → `1127`."""
    match = _CHANNEL.fullmatch(channel)
    if match is None:
        return None
    return match["peer"].partition("@")[0]


def other_half(channel: str) -> str | None:
    """The other end of a Local channel: `…;2` → `…;1` and back; None for any other channel."""
    if channel.startswith("Local/") and channel.endswith((";1", ";2")):
        return channel[:-1] + ("2" if channel.endswith("1") else "1")
    return None


def number_sent(dial: str, trunk: str) -> str | None:
    """The number a dial string sends to this trunk, or None if it does not dial it.

    Both ways of writing are read: `PJSIP/NUMBER@TRUNK` and `SIP/TRUNK/NUMBER`; `&` separates destinations
    dialled at once, and the options follow the first comma.
    """
    for destination in dial.partition(",")[0].split("&"):
        match = _AT.fullmatch(destination) or _SLASH.fullmatch(destination)
        if match is not None and match["trunk"] == trunk:
            return match["number"]
    return None
