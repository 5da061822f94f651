"""Cards, charts and their templates: what a dataset folder holds, counted from its own rows."""
