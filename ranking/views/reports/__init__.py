"""Pages about a board as a whole: price and speed, and fairness."""
