"""Judges of the grids families."""
