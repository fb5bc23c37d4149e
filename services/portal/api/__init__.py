"""HTTP in: who asks, portal's own operations, and everything that it hands on to the services."""
