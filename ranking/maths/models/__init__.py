"""Models of comparisons: Bradley-Terry and its relatives, Plackett-Luce, Elo."""
