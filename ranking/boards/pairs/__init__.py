"""The pairs of a board: each pair's record, as a list, as rows, and as weights for matchmaking."""
