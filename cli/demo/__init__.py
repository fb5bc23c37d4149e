"""A month of a contact centre played through the real stack: its people, prices, calls, and what they cost."""
