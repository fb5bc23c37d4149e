"""What makes the record of a use invalid beyond its fields: each kind says what it needs and nothing else."""

from contracts.events.usage import SMS, UsageKind, UsageRecord

_NEEDED: dict[UsageKind, tuple[str, ...]] = {
    "message": ("channel", "direction", "other_party", "sent_at"),
    "detection": ("call_id", "leg_id", "used_at"),
    "recording": ("call_id", "leg_id", "duration_ms", "used_at"),
    "analytics": ("call_id", "leg_id", "duration_ms", "used_at"),
    "metered": ("meter", "quantity", "used_at"),
}
_ALLOWED: dict[UsageKind, tuple[str, ...]] = {
    "message": ("own_number", "unit_override", "segments", "characters", "encoding"),
    "detection": ("call_source", "count"),
    "recording": ("call_source",),
    "analytics": ("call_source",),
    "metered": ("own_number", "unit_override"),
}
_CALLED: dict[UsageKind, str] = {
    "message": "message",
    "detection": "detection",
    "recording": "recording",
    "analytics": "speech analysis",
    "metered": "metered use",
}
_OF_A_KIND = {name for names in (*_NEEDED.values(), *_ALLOWED.values()) for name in names}


def usage_refusal(data: UsageRecord) -> str | None:
    """What is wrong with it, in a sentence; None when nothing is.

    A field of another kind is refused, because whoever wrote it meant something that would be lost.
    """
    needed = _NEEDED[data.kind]
    for name in needed:
        if getattr(data, name) is None:
            return f"{name}: missing, a {_CALLED[data.kind]} needs {', '.join(needed)}"
    for name in sorted(_OF_A_KIND - {*needed, *_ALLOWED[data.kind]}):
        if getattr(data, name) is not None:
            return f"{name}: a {_CALLED[data.kind]} has none"
    return _length_refusal(data) if data.kind == "message" else None


def _length_refusal(data: UsageRecord) -> str | None:
    """An SMS is counted in segments, so it says them or how long it is."""
    if (data.characters is None) != (data.encoding is None):
        return "characters: they are counted with their encoding, gsm7 or ucs2; give both or neither"
    if data.channel == SMS and data.segments is None and data.characters is None:
        return "segments: missing, an sms needs them, or characters and encoding"
    if data.channel != SMS and (data.segments is not None or data.characters is not None):
        return f"segments: only an sms has them, and characters and encoding; this is {data.channel}"
    return None
