"""Engines and the makers of problems."""
