"""Bootstraps of ratings, and the fast refits that they need."""
