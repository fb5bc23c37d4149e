"""The pure core of usage_rating: laws, worked cases and refusals."""
