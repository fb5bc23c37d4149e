"""Adapters: pure readers that turn what telephony platforms export into call records."""
