"""Says in a sentence why a unit owes a charge."""

from collections.abc import Sequence

from services.billing_units.domain.shares import Share

_FLAGS = {
    "number_not_held": "The account did not hold the number used then.",
    "override_ignored": "The use named a unit that was none of the account's, or archived, then.",
    "no_primary_unit": "The policy asks for a primary unit and none was marked, so the units share equally.",
}


def sentences(
    share: Share, *, unit: str, own_number: str | None, user_id: str | None, follows: bool = False
) -> list[str]:
    """The rule that fired, how the use was split, and what the administrator should look at.

    unit: its name. follows: it belongs to a call.
    """
    said = [_rule(share, unit, own_number, user_id, follows)]
    if share.split == "primary":
        said.append("The user is in several units; by the policy all goes to the primary one.")
    elif share.split is not None:
        said.append(
            f"The user is in {share.units} units that share by the policy {share.split!r}: this one bears "
            f"{share.weight} of {share.weights}."
        )
    return said + [_FLAGS[flag] for flag in share.flags]


def _rule(share: Share, unit: str, own_number: str | None, user_id: str | None, follows: bool) -> str:
    match share.rule:
        case "override":
            return f"The use itself named unit {unit!r}, which was live then."
        case "number":
            return f"The account's number {share.matched} was in unit {unit!r} then."
        case "user":
            return f"No unit had the number used then; user {share.matched} was in unit {unit!r}."
        case "call":
            return f"It follows its call, which unit {unit!r} owes."
        case _ if follows:
            lack = "which has not come" if share.matched is None else "which nobody owes"
            return f"Nobody: it follows its call, {lack}."
        case _:
            return f"Nobody: {' and '.join(_lacks(own_number, user_id))}."


def _lacks(own_number: str | None, user_id: str | None) -> Sequence[str]:
    number = "the use names no number of the account" if own_number is None else f"{own_number} was in no unit then"
    user = "it names no user" if user_id is None else f"user {user_id} was in none"
    return number, user
