"""Shared by all likelihood models: existence of a maximum, Newton's method, results of fits, covariances."""
