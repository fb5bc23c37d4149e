"""The named statements of `queries.sql`."""

from chassis.sql import Queries

QUERIES = Queries("services.usage_rating")
EVERY_ACCOUNT = "*"
"""Owns plans and activations that are for any account."""
