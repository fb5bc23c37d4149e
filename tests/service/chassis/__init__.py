"""The chassis at work on a real PostgreSQL: batches, lanes and publishers."""
