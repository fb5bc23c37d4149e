"""What needs a real PostgreSQL: statements, schemas, roles."""
