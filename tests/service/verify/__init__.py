"""Tests of the proof's SQL against the schemas it reads."""
