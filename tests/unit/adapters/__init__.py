"""Adapters: what each makes of small invented exports, and of the real ones where they are at hand."""
