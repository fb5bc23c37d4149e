"""The tests, in folders named by what they need to run."""
