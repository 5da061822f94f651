"""Makers of the logic families."""
