"""What every service bolts onto: intake, outbox, database, settings, logs, metrics, probes."""
