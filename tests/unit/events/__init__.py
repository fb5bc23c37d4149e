"""How messages are read and written."""
