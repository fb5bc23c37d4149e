"""Brings a service's schema up to date: numbered files with checksums, and its two database roles."""

import re
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable

import asyncpg

from chassis.database import Connection

MIGRATION_LOCK = 0x52494E47
"""The advisory lock that keeps two migrations from running at once."""

_FILE = re.compile(r"^([0-9]{4})_[a-z0-9_]+\.sql$", re.ASCII)


class MigrationError(RuntimeError):
    """A migration cannot be applied: a file changed after it was, one is missing, or the role may not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One numbered file of a package's `migrations/`."""

    origin: str
    name: str
    text: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the file: an applied file must not change."""
        return sha256(self.text.encode()).hexdigest()


def ingest_role(service: str) -> str:
    """The role of consumers and jobs: bypasses row-level security, owns nothing."""
    return f"ringledger_{service}_ingest"


def api_role(service: str) -> str:
    """The role of HTTP handlers: row-level security binds it."""
    return f"ringledger_{service}_api"


def read_migrations(package: str, origin: str) -> list[Migration]:
    """The numbered files of `package`'s migrations folder, in order. Raises MigrationError on a gap."""
    folder: Traversable = files(package).joinpath("migrations")
    found = sorted((entry for entry in folder.iterdir() if _FILE.match(entry.name)), key=lambda entry: entry.name)
    for position, entry in enumerate(found, start=1):
        if int(entry.name[:4]) != position:
            raise MigrationError(f"{package}: {entry.name} is number {int(entry.name[:4])}, expected {position}")
    return [Migration(origin=origin, name=entry.name, text=entry.read_text("utf-8")) for entry in found]


def with_roles(text: str, service: str) -> str:
    """A migration's text with `@ingest@` and `@api@` replaced by the service's role names."""
    return text.replace("@ingest@", ingest_role(service)).replace("@api@", api_role(service))


async def ensure_roles(connection: Connection, service: str, password: str) -> list[str]:
    """Create or update the service's two roles; returns what was done, in words.

    Raises MigrationError when the administrator may not: BYPASSRLS can be given only by who has it.
    """
    done = []
    wanted = ((ingest_role(service), "BYPASSRLS"), (api_role(service), "NOBYPASSRLS"))
    for role, bypass in wanted:
        exists = await connection.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", role)
        verb = "ALTER" if exists else "CREATE"
        quoted = await connection.fetchval("SELECT quote_literal($1)", password)
        try:
            await connection.execute(
                f"{verb} ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE {bypass} PASSWORD {quoted}"
            )
        except asyncpg.InsufficientPrivilegeError as error:
            raise MigrationError(
                f"may not {verb.lower()} role {role} with {bypass}: {error}; "
                "RINGLEDGER_POSTGRES_DSN must be an administrator's"
            ) from error
        if not exists:
            done.append(f"created role {role}")
    return done


async def migrate_service(connection: Connection, *, service: str, package: str, password: str) -> list[str]:
    """Apply what is missing of the chassis' and the service's migrations; returns what was done, in words.

    Each file is one transaction. An applied file whose checksum changed stops everything.
    """
    await connection.execute("SELECT pg_advisory_lock($1)", MIGRATION_LOCK)
    try:
        done = await ensure_roles(connection, service, password)
        await _ensure_schema(connection, service)
        applied = {
            (row["origin"], row["name"]): row["checksum"]
            for row in await connection.fetch(f"SELECT origin, name, checksum FROM {service}.migration")
        }
        for migration in read_migrations("chassis", "chassis") + read_migrations(package, service):
            checksum = applied.pop((migration.origin, migration.name), None)
            if checksum is None:
                await _apply(connection, service, migration)
                done.append(f"applied {service}: {migration.origin}/{migration.name}")
            elif checksum != migration.checksum:
                raise MigrationError(
                    f"{service}: {migration.origin}/{migration.name} changed after it was applied; "
                    "undo the change and add a new numbered file"
                )
        if applied:
            names = ", ".join("/".join(key) for key in sorted(applied))
            raise MigrationError(f"{service}: applied but not in this version: {names}; use a newer Ringledger")
    finally:
        await connection.execute("SELECT pg_advisory_unlock($1)", MIGRATION_LOCK)
    return done


async def _ensure_schema(connection: Connection, service: str) -> None:
    async with connection.transaction():
        await connection.execute(f"CREATE SCHEMA IF NOT EXISTS {service}")
        await connection.execute(f"GRANT USAGE ON SCHEMA {service} TO {ingest_role(service)}, {api_role(service)}")
        await connection.execute(
            f"""
            CREATE TABLE IF NOT EXISTS {service}.migration (
                origin text NOT NULL, name text NOT NULL, checksum text NOT NULL,
                applied_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (origin, name)
            )
            """
        )
        await connection.execute(
            f"GRANT SELECT ON {service}.migration TO {ingest_role(service)}, {api_role(service)}"
        )


async def _apply(connection: Connection, service: str, migration: Migration) -> None:
    async with connection.transaction():
        await connection.execute(f"SET LOCAL search_path TO {service}")
        await connection.execute(with_roles(migration.text, service))
        await connection.execute(
            f"INSERT INTO {service}.migration (origin, name, checksum) VALUES ($1, $2, $3)",
            migration.origin,
            migration.name,
            migration.checksum,
        )
