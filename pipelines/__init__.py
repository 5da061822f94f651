"""Stages, shards and flows: problems and traces from recipe to Parquet."""
