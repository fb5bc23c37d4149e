"""A directory written by hand: what its lines become."""
