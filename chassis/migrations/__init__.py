"""The road of the tables every service has: numbered files, applied in each service's schema."""
