"""Commands as an operator types them, on the services' real APIs."""
