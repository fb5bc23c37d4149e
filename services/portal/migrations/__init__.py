"""The road to this service's schema."""
