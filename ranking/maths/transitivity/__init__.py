"""Cycles: where comparisons contradict any order."""
