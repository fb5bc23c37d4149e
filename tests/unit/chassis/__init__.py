"""What the chassis does without broker and database."""
