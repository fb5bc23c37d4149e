"""What tests share: the broker and database they run on, and the report at the end of a run."""
