"""What reporting decides: numbers, running totals, rollups and shares; values in, values out."""
