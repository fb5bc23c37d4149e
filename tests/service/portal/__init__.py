"""Portal, in its own process or application, on a real database."""
