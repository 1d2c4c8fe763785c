"""Cycles: comparisons that contradict any single order."""
