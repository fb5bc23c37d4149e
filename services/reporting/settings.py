"""The knobs of reporting; environment prefix `REPORTING_`."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from chassis.settings import ServiceSettings


class ReportingSettings(ServiceSettings):
    """What this service needs beyond the common knobs."""

    model_config = SettingsConfigDict(env_prefix="REPORTING_", extra="ignore")

    topic_replication_factor: int = Field(default=1, ge=1, description="Copies of each unit's topic.")
