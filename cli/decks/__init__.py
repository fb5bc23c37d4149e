"""Vendors' price decks: a column profile says which column is what, and the deck becomes neutral rows."""
