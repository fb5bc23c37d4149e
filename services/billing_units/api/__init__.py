"""HTTP in: units, assignments, and what is to be seen of them. On loopback with one static key for now."""
