"""Tests of the proof's values and pages."""
