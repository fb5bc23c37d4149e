"""Measures calls per second, CPU per event and memory of real processes against a raw ceiling: `make bench`."""
