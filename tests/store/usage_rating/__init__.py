"""usage_rating's schema and statements on a real PostgreSQL."""
