"""Selections: which problems and traces to keep, each with the paper that it comes from."""
