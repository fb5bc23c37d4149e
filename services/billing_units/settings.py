"""The knobs of billing_units; environment prefix `BILLING_UNITS_`."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from chassis.settings import ServiceSettings


class BillingUnitsSettings(ServiceSettings):
    """What this service needs beyond the common knobs."""

    model_config = SettingsConfigDict(env_prefix="BILLING_UNITS_", extra="ignore")

    directory_cache: int = Field(
        default=400_000, ge=1000, description="Numbers, users and units whose meaning is kept in memory."
    )
