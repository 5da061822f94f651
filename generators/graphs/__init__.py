"""Makers of the graphs families."""
