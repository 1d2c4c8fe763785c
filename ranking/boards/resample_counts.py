"""How often a board is resampled: the numbers behind bootstrap intervals, tournaments and Elo over random orders.

Rank ranges choose their draws in `ranking.maths.uncertainty.rank_sets` (10,000) and, above 500 competitors, in
`many_standings` (1,000); audits of judges choose theirs in `judges.audits.figures.figure`. A snapshot stores its numbers.
"""

N_REPLICATES = 200
"""Refits of a bootstrap."""

N_BRACKETS = 200
"""Knock-out brackets that a tournament replays on each prompt."""

N_ORDERS = 100
"""Random orders of the comparisons over which Elo is averaged."""
