"""Makes a rate plan the one in force, at usage_rating's API; one that is in force already is left as it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.service_api import get, post
from services.usage_rating.domain.document import canonical_text, digest_of, parse_document, to_document
from services.usage_rating.domain.linting.warnings import JUMP_PERCENT
from services.usage_rating.domain.plan import RatePlan
from services.usage_rating.domain.problems import Problems

EVERY_ACCOUNT = "*"
_PLANS_LISTED = "500"


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """The version in force from `effective_at` (ISO 8601). new: whether it was activated now."""

    plan_id: str
    version: int
    rates: int
    effective_at: str
    sha256: str
    new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """Warnings that were looked at and are meant, by name; jump_percent: by how much a call's cost may change."""

    accepted: tuple[str, ...] = ()
    jump_percent: int = JUMP_PERCENT

    def query(self) -> dict[str, str | list[str]]:
        """As the API is asked."""
        return {"accept": list(self.accepted), "jump_percent": str(self.jump_percent)}


NOTHING_MEANT = Meant()


def activate(plan: RatePlan, account: str, meant: Meant = NOTHING_MEANT, *, data: Path | None = None) -> Activation:
    """Activate a plan for an account, or for every account, unless its newest version says the same.

    meant: what the service's lint need not ask about.
    data: the folder of the stack that is meant. Raises Refused, or StackError when the service is not reached.
    """
    document = to_document(plan)
    newest = _newest(list_plans(account, data=data), plan.plan_id, account)
    if newest is not None and newest["sha256"] == _digest(document, newest["version"]):
        return Activation(
            plan_id=plan.plan_id,
            version=newest["version"],
            rates=newest["rate_count"],
            effective_at=newest["effective_from"],
            sha256=newest["sha256"],
            new=False,
        )
    accepted = post("usage_rating", "/api/v1/plans", account, document, params=meant.query(), data=data)["data"]
    return Activation(
        plan_id=accepted["plan_id"],
        version=accepted["version"],
        rates=accepted["rates"],
        effective_at=accepted["effective_at"],
        sha256=accepted["sha256"],
        new=True,
    )


def list_plans(account: str, *, data: Path | None = None) -> list[dict[str, Any]]:
    """The plans an account may use, every version, newest first. Raises as `activate` does."""
    answer = get("usage_rating", "/api/v1/plans", account, {"limit": _PLANS_LISTED}, data=data)
    plans: list[dict[str, Any]] = answer["data"]
    return plans


def _digest(document: Mapping[str, Any], version: int) -> str:
    """The digest the service gives this document as that version: of the plan it reads, not of its spelling."""
    plan = parse_document({**document, "version": version})
    return "" if isinstance(plan, Problems) else digest_of(canonical_text(plan))


def _newest(plans: list[dict[str, Any]], plan_id: str, account: str) -> dict[str, Any] | None:
    mine = [plan for plan in plans if plan["plan_id"] == plan_id and plan["account_id"] == account]
    return max(mine, key=lambda plan: int(plan["version"]), default=None)
