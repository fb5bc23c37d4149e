"""`ringledger migrate`: schemas, roles and topics, made or brought up to date; safe to run again."""

import asyncio
import os
from typing import Annotated

import typer

from cli.failures import BAD_INPUT, INFRASTRUCTURE, fail

DEFAULT_ROLE_PASSWORD = "ringledger-local"  # noqa: S105 - the development value of docker-compose.yml


def migrate(
    dsn: Annotated[
        str, typer.Option(envvar="RINGLEDGER_POSTGRES_DSN", help="The administrator's address of PostgreSQL.")
    ],
    kafka: Annotated[
        str,
        typer.Option(envvar="RINGLEDGER_KAFKA_BOOTSTRAP_SERVERS", help="host:port of brokers, comma separated."),
    ],
    replication_factor: Annotated[
        int, typer.Option(envvar="RINGLEDGER_TOPIC_REPLICATION_FACTOR", min=1, help="Copies of each topic.")
    ] = 1,
) -> None:
    """Bring every service's schema up to date, create its two roles and the declared topics."""
    password = os.environ.get("RINGLEDGER_ROLE_PASSWORD", DEFAULT_ROLE_PASSWORD)
    for line in asyncio.run(_migrate(dsn, kafka, replication_factor, password)) or ["nothing to do"]:
        typer.echo(line)


async def _migrate(dsn: str, kafka: str, replication_factor: int, password: str) -> list[str]:
    import asyncpg

    from chassis.migrate import MigrationError, migrate_service
    from chassis.topic_creation import TopicCreationFailed, create_topics_patiently, specs_of
    from contracts.topics import SERVICES

    done: list[str] = []
    try:
        connection = await asyncpg.connect(dsn, timeout=30)
        try:
            for service in SERVICES:
                done += await migrate_service(
                    connection, service=service, package=f"services.{service}", password=password
                )
        finally:
            await connection.close()
        created = await create_topics_patiently(kafka, specs_of(), replication_factor=replication_factor)
    except (MigrationError, TopicCreationFailed) as error:
        fail(str(error), code=BAD_INPUT)
    except (OSError, asyncpg.PostgresError) as error:
        fail(f"database or broker not reached: {error}", code=INFRASTRUCTURE)
    return done + [f"created topic {name}" for name in created]


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    app.command()(migrate)
