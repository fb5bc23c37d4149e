"""Tests of the whole way of a call: real services, broker and database."""
