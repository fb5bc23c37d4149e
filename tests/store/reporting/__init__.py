"""Reporting: charges numbered, added up and published by unit."""
