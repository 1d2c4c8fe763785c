"""The pairs of a board: the record of each two, as a list, as rows, and as weights for matchmaking."""
