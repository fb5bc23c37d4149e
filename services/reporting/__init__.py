"""Reporting: charge facts, what each unit cost, the units' own topics, and reports."""
