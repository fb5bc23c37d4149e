"""The road of this service's tables: numbered files, applied after the chassis' own."""
