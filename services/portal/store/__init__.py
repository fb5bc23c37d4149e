"""Every statement of this service, one typed function each, by noun; the SQL is in queries.sql."""

from chassis.sql import Queries

QUERIES = Queries("services.portal")
