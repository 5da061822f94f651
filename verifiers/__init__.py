"""The judges, answer extraction and reward functions: what a trainer imports in every worker."""
