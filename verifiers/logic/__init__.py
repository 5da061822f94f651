"""Judges of the logic families."""
