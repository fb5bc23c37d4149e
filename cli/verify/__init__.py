"""The proof: both sides of every flow recomputed from base rows on one snapshot, and what is on its way found."""

from cli.verify.proof import run
from cli.verify.verdict import Verdict

__all__ = ["Verdict", "run"]
