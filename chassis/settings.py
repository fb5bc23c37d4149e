"""The knobs every service has; each service adds its own and its environment prefix."""

import socket
from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings

Role = Literal["ingest", "api"]
"""Which doors a process opens: consumers and jobs (`ingest`) or HTTP (`api`)."""


class ServiceSettings(BaseSettings):
    """Read from the environment with the service's prefix, e.g. `USAGE_RATING_HTTP_PORT`."""

    needs: ClassVar[Mapping[Role, tuple[str, ...]]] = {
        "ingest": ("ingest_postgres_dsn", "kafka_bootstrap_servers"),
        "api": ("api_postgres_dsn", "kafka_bootstrap_servers"),
    }
    """What each role cannot do without; a process is given only what its role needs."""

    ingest_postgres_dsn: str = Field(default="", description="Where consumers and jobs write; the ingest role.")
    api_postgres_dsn: str = Field(default="", description="Where HTTP handlers work; the row-secured role.")
    operator_public_key: str = Field(
        default="",
        pattern=r"^([A-Za-z0-9_-]{43})?$",
        description="Whose statements the API takes beside portal's: the command line's; empty: nobody's.",
    )
    kafka_bootstrap_servers: str = Field(default="", description="host:port of brokers, comma separated.")
    http_host: str = Field(default="127.0.0.1", description="Interface of probes, metrics and API.")
    api_beyond_loopback: bool = Field(
        default=False, description="Let the API listen on other interfaces with the operator key for development."
    )
    http_port: int = Field(default=8080, ge=0, lt=65536, description="Port of probes, metrics and API.")
    instance: str = Field(
        default="", description="Tells members of one group apart, also after a restart; empty: the host's name."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="How much is said.")

    batch_max_records: int = Field(default=1000, ge=1, le=10_000, description="Records of one transaction.")
    batch_workers: int = Field(default=2, ge=1, le=16, description="Transactions open at once.")
    batch_max_bytes: int = Field(
        default=1_048_576, ge=1024, description="Bytes fetched of one partition at once; bounds memory."
    )
    record_max_bytes: int = Field(default=262_144, ge=1024, description="A larger record is dead-lettered unread.")
    session_timeout_ms: int = Field(
        default=10_000, ge=1000, description="A member silent so long loses its partitions."
    )
    stall_timeout_s: int = Field(
        default=60, ge=5, description="Without a commit so long, with lag and all well, the process ends."
    )
    dead_letter_limit: int = Field(default=100, ge=1, description="Dead letters in the window that may stop.")
    dead_letter_share: float = Field(
        default=0.05, gt=0, le=1, description="… when they are also more than this share of what was read."
    )
    dead_letter_window_s: int = Field(default=300, ge=1, description="The window of that limit, in seconds.")
    partitions_ahead: int = Field(default=3, ge=1, le=24, description="Months of partitions prepared ahead.")
    event_horizon_days: int | None = Field(
        default=None, ge=1, description="Older records (by the broker's clock) are quarantined; none by default."
    )
    statement_timeout_s: int = Field(default=30, ge=1, description="Longest one statement may take.")
    lock_timeout_s: int = Field(default=20, ge=1, description="Longest one may wait for a lock.")
    stop_grace_s: int = Field(default=12, ge=1, description="Time for open batches when asked to stop.")

    @field_validator("instance")
    @classmethod
    def _host_when_empty(cls, given: str) -> str:
        return given or socket.gethostname()

    def missing_for(self, role: Role) -> list[str]:
        """Names of settings that the role needs and the environment does not give."""
        values = {name: getattr(self, name) for name in self.needs[role]}
        return [
            name
            for name, value in values.items()
            if not (value.get_secret_value() if isinstance(value, SecretStr) else value)
        ]
