"""HTTP in: rate plans, prices and their explanations, re-ratings."""
