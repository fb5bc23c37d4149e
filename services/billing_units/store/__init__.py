"""Every statement of this service, one typed function each; the SQL is in queries/, by what it is about."""
