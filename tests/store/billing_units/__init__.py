"""billing_units: its statements, schema and roles."""
