"""Tournaments: formats, matches, replay from stored comparisons, simulation."""
