"""The pure core of rating: plans, decks, prices and the laws by which a call gets its amount."""
