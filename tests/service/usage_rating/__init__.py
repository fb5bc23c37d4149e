"""usage_rating's handlers, job and API on a real PostgreSQL."""
