"""Names of units: how they are written, and the key under which two of them are the same."""

import re
import unicodedata

KEY_LENGTH_MAX = 600
"""Characters of a key; with four bytes each it still fits an index entry."""

_DOTTED_I = re.compile("(i[\u0300-\u036f]*?)\u0307")
_WITHOUT_DOT = str.maketrans({"\u0131": "i"})


def tidy_name(name: str) -> str:
    """The name as it is kept: trimmed, each run of white space inside it one space."""
    return " ".join(name.split())


def name_key(name: str) -> str:
    """What names of units are compared by: neither case nor way of writing matters, in any script.

    Compatibility forms and full case folding until nothing changes (Unicode 16, §3.13, D146: toNFKC_Casefold),
    without invisible format characters. The Turkish İ and ı fold to i, because both are I in the other case.
    """
    folded = name
    while (again := _folded(folded)) != folded:
        folded = again
    return folded


def name_refusal(name: str) -> str | None:
    """Why no unit can have this name, in a sentence; None when one can."""
    key = name_key(name)
    if not key:
        return "name: it has no visible character"
    if len(key) > KEY_LENGTH_MAX:
        return f"name: written out it has {len(key)} characters, and at most {KEY_LENGTH_MAX} are kept"
    return None


def _folded(text: str) -> str:
    plain = "".join(
        character
        for character in unicodedata.normalize("NFD", text)
        if unicodedata.category(character) not in ("Cf", "Cc") or character.isspace()
    )
    folded = unicodedata.normalize("NFKD", plain.casefold()).casefold().translate(_WITHOUT_DOT)
    return tidy_name(unicodedata.normalize("NFKC", _DOTTED_I.sub(r"\1", folded)))
