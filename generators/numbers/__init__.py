"""Makers of the numbers families."""
