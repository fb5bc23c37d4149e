"""Unit tests of the local stack: compose reader, wiring, state."""
