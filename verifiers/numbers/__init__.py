"""Judges of the numbers families."""
