"""Makers of the grids families."""
