"""What portal does when asked: load, decide, record."""
