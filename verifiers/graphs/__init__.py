"""Judges of the graphs families."""
