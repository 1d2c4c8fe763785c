"""Bootstraps and refits."""
