"""Comparisons as arrays: codes, cells, the running tally, style covariates, connectivity."""
