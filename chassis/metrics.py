"""Every metric, declared once with a sentence; probes.py shows them on /metrics."""

from prometheus_client import Counter, Gauge, Histogram

RECORDS = Counter("ringledger_records_total", "Records passed, by what became of them.", ["topic", "fate"])
BATCHES = Counter("ringledger_batches_total", "Batches committed.", ["topic"])
BATCH_RECORDS = Histogram(
    "ringledger_batch_records",
    "Records in a committed batch.",
    ["topic"],
    buckets=(1, 5, 20, 50, 100, 200, 500, 1000, 2000, 5000),
)
BATCH_SECONDS = Histogram(
    "ringledger_batch_seconds",
    "Seconds from taking up a batch to its commit.",
    ["topic"],
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10),
)
BATCH_FAILURES = Counter("ringledger_batch_failures_total", "Batches rolled back, by reason.", ["topic", "reason"])
REDELIVERED = Counter(
    "ringledger_redelivered_records_total",
    "Records received below the position and dropped unread: their effect stands already.",
    ["topic"],
)
CLAIMS = Counter("ringledger_partition_claims_total", "Epochs raised on taking up a partition.", ["topic"])
CONSUMER_LAG = Gauge(
    "ringledger_consumer_lag_records", "Records in a partition behind its end.", ["topic", "partition"]
)
EVENT_AGE = Gauge("ringledger_event_age_seconds", "Age of the newest committed record when committed.", ["topic"])
OUTBOX_DEPTH = Gauge("ringledger_outbox_rows", "Outbox rows not yet confirmed by the broker.")
OUTBOX_AGE = Gauge("ringledger_outbox_age_seconds", "Age of the oldest outbox row not yet confirmed.")
PUBLISHED = Counter("ringledger_published_total", "Messages the broker confirmed.", ["topic"])
PUBLISH_FAILURES = Counter(
    "ringledger_publish_failures_total", "Publishing attempts given up and begun again with a new producer."
)
STOPPED_PARTITIONS = Gauge(
    "ringledger_stopped_partitions", "Partitions stopped by an alarm; /readyz?verbose names them."
)
JOB_RUNS = Counter("ringledger_job_runs_total", "Runs of a job, by outcome.", ["job", "outcome"])
