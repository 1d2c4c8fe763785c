"""Reads the label in the text of a reply. Pure functions."""
