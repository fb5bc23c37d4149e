"""Tests of the demo: its centre, month, prices and table. Nothing is played here."""
