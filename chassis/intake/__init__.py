"""Reading topics so that every record takes effect once: position, effects and messages in one transaction."""
