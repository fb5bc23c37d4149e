"""billing_units: its handlers and its API on a real database."""
