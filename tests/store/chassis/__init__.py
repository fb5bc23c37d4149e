"""The chassis on a real PostgreSQL: migrations, roles and row-level security."""
