"""The values every service shares: money, phone numbers, instants, the period calendar and ids."""
