"""The threshold of Unassigned over HTTP: from which share on an account is told, and how its share stands."""

from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from chassis.answers import One
from chassis.clock import Clock
from chassis.database import Pool, account_transaction
from chassis.web import Account, AskedBy, Problem, json_answer
from contracts.events.fields import AccountId
from services.billing_units.api.budget_answers import ShareStandingShown, ThresholdShown
from services.billing_units.api.budgets import AmountText, InPeriod
from services.billing_units.api.preconditions import IfMatch, etag
from services.billing_units.api.problems import problem_of
from services.billing_units.api.units import VERSIONED
from services.billing_units.domain.budgets import Threshold
from services.billing_units.handlers.budgets import put_threshold
from services.billing_units.handlers.commands import Commands, Refusal
from services.billing_units.handlers.standing import calendar_of, share_standing

PATH = "/api/v1/accounts/{account_id}/unassigned-alert"
PercentText = Annotated[
    str,
    Field(
        pattern=r"^(100(\.0{1,2})?|[0-9]{1,2}(\.[0-9]{1,2})?)$",
        examples=["5", "2.50"],
        description="In percent of all charges of a period.",
    ),
]


class ThresholdWanted(BaseModel):
    """The body of the threshold: a larger share is announced, once there is `minimum_amount` on *Unassigned*."""

    model_config = ConfigDict(extra="forbid")
    threshold_percent: PercentText
    minimum_amount: AmountText = "0"


def unassigned_alerts(commands: Commands, pool: Pool, clock: Clock) -> APIRouter:
    """Say the threshold, and see how the share stands beside it."""
    router = APIRouter()

    @router.get(PATH, response_model=One[ShareStandingShown], responses=VERSIONED)
    async def get_unassigned_alert(account: Account, account_id: AccountId, period: InPeriod = None) -> Response:
        """Of an account that never said one, 5 % from the first cent on; its ETag is then "0"."""
        _same(account, account_id)
        async with account_transaction(pool, account) as connection:
            calendar = await calendar_of(connection, account, period, clock())
            if isinstance(calendar, Refusal):
                raise problem_of(calendar)
            standing = await share_standing(connection, calendar)
        return json_answer({"data": standing}, headers=etag(standing.version))

    @router.put(PATH, response_model=One[ThresholdShown], responses=VERSIONED)
    async def put_unassigned_alert(
        account: Account, caller: AskedBy, account_id: AccountId, body: ThresholdWanted, expected: IfMatch
    ) -> Response:
        _same(account, account_id)
        wanted = Threshold(percent=Decimal(body.threshold_percent), minimum_amount=Decimal(body.minimum_amount))
        said = await put_threshold(commands.by(caller), account, wanted, expected)
        if isinstance(said, Refusal):
            raise problem_of(said)
        version = said.saying.version
        return json_answer({"data": {"version": version, **_shown(said.threshold)}}, headers=etag(version))

    return router


def _same(account: str, account_id: str) -> None:
    if account_id != account:
        raise Problem(404, "not_found", "There is no such account.")


def _shown(threshold: Threshold) -> dict[str, Decimal]:
    return {"threshold_percent": threshold.percent, "minimum_amount": threshold.minimum_amount}
