"""The pure core: who owes a use, how it is shared, which version stands, where a number may go."""
