"""What happens to each message, command and due job: load, decide, record, in one transaction."""
