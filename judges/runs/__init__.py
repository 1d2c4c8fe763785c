"""Runs of judges: which battles, in which order, what it costs, and the kinds "judge" and "checklist"."""
