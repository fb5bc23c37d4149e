"""What is said between services: schemas, examples, topics, and who is refused."""
