"""Verdicts: end states, what a verdict says, and how several games, or several judges, make one outcome. Pure."""
