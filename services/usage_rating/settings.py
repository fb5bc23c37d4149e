"""The knobs of usage_rating; environment prefix `USAGE_RATING_`."""

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from chassis.settings import ServiceSettings


class UsageRatingSettings(ServiceSettings):
    """What this service needs beyond the common knobs."""

    model_config = SettingsConfigDict(env_prefix="USAGE_RATING_", extra="ignore")

    needs = {  # noqa: RUF012 - a ClassVar of the base
        "ingest": (*ServiceSettings.needs["ingest"], "token_key"),
        "api": ServiceSettings.needs["api"],
    }

    token_key: SecretStr = Field(
        default=SecretStr(""), description="Secret from which the other party's tokens are derived."
    )
    token_key_id: str = Field(
        default="k1", pattern=r"^[a-z0-9]{1,8}$", description="Names the token key; begins every token."
    )
    plan_cache: int = Field(default=4, ge=1, le=64, description="Plan versions kept in memory, newest used first.")
