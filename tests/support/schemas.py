"""Schemas of services as tests need them: migrated databases, the picture beside the road, roles to connect as."""

from functools import cache
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from chassis.database import Connection
from chassis.migrate import ensure_roles, migrate_service, with_roles
from cli.stack.postgres import DEVELOPMENT_PASSWORD
from tests.support.databases import Prepare

ROOT = Path(__file__).parents[2]

CATALOG = {
    "column": """
        SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attstorage,
               a.attgenerated, a.attidentity, coll.collname, pg_get_expr(d.adbin, d.adrelid)
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        LEFT JOIN pg_collation coll ON coll.oid = a.attcollation
        LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE c.relnamespace = $1::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
    """,
    "relation": """
        SELECT relname, relkind, relrowsecurity, relforcerowsecurity, reloptions,
               pg_get_expr(relpartbound, oid), pg_get_partkeydef(oid)
        FROM pg_class WHERE relnamespace = $1::regnamespace
    """,
    "constraint": """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = $1::regnamespace
    """,
    "index": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = $1::text",
    "view": "SELECT viewname, definition FROM pg_views WHERE schemaname = $1::text",
    "policy": """
        SELECT tablename, policyname, roles, cmd, qual, with_check FROM pg_policies WHERE schemaname = $1::text
    """,
    "grant": """
        SELECT table_name, grantee, privilege_type FROM information_schema.role_table_grants
        WHERE table_schema = $1::text AND grantee <> current_user
    """,
    "routine": """
        SELECT proname, pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = $1::regnamespace
    """,
    "trigger": """
        SELECT c.relname, pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
        WHERE c.relnamespace = $1::regnamespace AND NOT t.tgisinternal
    """,
}


@cache
def migrated(service: str) -> Prepare:
    """Prepares a database by the road: `await fresh_database(migrated("reporting"))`."""

    async def prepare(dsn: str) -> None:
        connection = await asyncpg.connect(dsn)
        try:
            await migrate_service(
                connection, service=service, package=f"services.{service}", password=DEVELOPMENT_PASSWORD
            )
        finally:
            await connection.close()

    return prepare


@cache
def drawn(service: str) -> Prepare:
    """Prepares a database from the picture: the two `schema.sql`."""

    async def prepare(dsn: str) -> None:
        connection = await asyncpg.connect(dsn)
        try:
            await ensure_roles(connection, service, DEVELOPMENT_PASSWORD)
            await connection.execute(f"CREATE SCHEMA {service}")
            await connection.execute(f"SET search_path TO {service}")
            for folder in ("chassis", f"services/{service}"):
                text = (ROOT / folder / "schema.sql").read_text(encoding="utf-8")
                await connection.execute(with_roles(text, service))
        finally:
            await connection.close()

    return prepare


async def catalog_of(dsn: str, service: str) -> list[str]:
    """Everything that makes the service's schema what it is, one sorted line each; `migration` left out."""
    connection: Connection = await asyncpg.connect(dsn)
    try:
        lines = []
        for kind, query in CATALOG.items():
            rows = await connection.fetch(query, service)
            lines += [f"{kind} {tuple(row)!r}" for row in rows]
        return sorted(line for line in lines if "'migration" not in line and "migration_" not in line)
    finally:
        await connection.close()


def as_role(dsn: str, role: str) -> str:
    """The same database, reached as a service's role."""
    parts = urlsplit(dsn)
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{role}:{DEVELOPMENT_PASSWORD}@{place}"))
