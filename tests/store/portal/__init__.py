"""Portal's schema and rows on a real database."""
