"""The audit log of a service: who changed what, written in the change's own transaction, read and exported."""
