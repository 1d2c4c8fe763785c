"""Uncertainty of a ranking: intervals, rank sets, probabilities of ranks, votes to flip, power."""
