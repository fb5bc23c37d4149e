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
