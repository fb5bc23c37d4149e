"""The laws of the values every service shares."""
