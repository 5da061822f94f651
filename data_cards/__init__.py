"""Cards, charts and their templates."""
