"""A service with a real PostgreSQL and a real broker."""
