"""Prices every use: rate plans, rated usage and suspense."""
