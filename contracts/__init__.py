"""What is said between services: values, events, topics and their generated schemas."""
