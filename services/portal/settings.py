"""The knobs of portal; environment prefix `PORTAL_`."""

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from chassis.settings import ServiceSettings


class PortalSettings(ServiceSettings):
    """What this service needs beyond the common knobs."""

    model_config = SettingsConfigDict(env_prefix="PORTAL_", extra="ignore")

    needs = {  # noqa: RUF012 - a ClassVar of the base
        role: (*names, "statement_secret") for role, names in ServiceSettings.needs.items()
    }

    statement_secret: SecretStr = Field(
        default=SecretStr(""),
        description="Secret from which the private keys of statements are derived; a new one ends the old keys.",
    )
    usage_rating_address: str = Field(default="127.0.0.1:8081", description="host:port of usage_rating's API.")
    billing_units_address: str = Field(default="127.0.0.1:8082", description="host:port of billing_units' API.")
    reporting_address: str = Field(default="127.0.0.1:8083", description="host:port of reporting's API.")
    requests_per_minute: int = Field(
        default=1200, ge=1, le=1_000_000, description="Requests of one person or key; more are answered 429."
    )
