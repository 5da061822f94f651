"""The report page: one HTML file to look at a dataset, with its counts and some of its rows inside."""
