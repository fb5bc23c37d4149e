"""Finds who owes: the directory, billing units, dated assignments and charges."""
