"""HTTP in: units, assignments, and what is to be seen of them."""
