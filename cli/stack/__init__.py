"""The local stack: docker-compose.yml run as local processes, with a real broker and database."""
