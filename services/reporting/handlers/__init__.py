"""Load, decide, record: each handler in one transaction."""
