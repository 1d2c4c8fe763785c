"""Verdicts: their end states and contents, and how several games, or several judges, make one outcome. Pure."""
