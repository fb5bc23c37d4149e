"""Tests of a hostile outside: requests nobody meant, and callers who ask for what is another account's."""
