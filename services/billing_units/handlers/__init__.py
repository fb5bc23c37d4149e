"""What happens to each message and command: load, decide, record, in one transaction."""
