"""How sure a ranking is: intervals, rank sets, probabilities of ranks, votes to flip, power."""
