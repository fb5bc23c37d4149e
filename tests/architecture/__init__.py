"""The rules of the house as failing checks."""
