"""Words, rows and recipes; each family's problem and codec."""
