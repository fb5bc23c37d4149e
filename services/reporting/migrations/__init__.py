"""The road of this service's tables: numbered files, applied in order."""
