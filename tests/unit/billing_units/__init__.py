"""billing_units: its pure core."""
