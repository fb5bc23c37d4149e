"""Tests of pure functions: no broker, no database, no clock."""
