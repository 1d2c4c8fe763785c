"""Boards as files, with all that they showed before."""
