"""Words that a fit writes among a board's notes and that pages go by."""

ALONE = "people’s votes alone make these ratings"
"""Of a board by prediction: verdicts add nothing."""

NEAR_START = "so its interval is narrower than by other methods and no surer"
"""Of a competitor that a fixed start holds."""

NO_TEXTS = "the texts of no two answers are known: only the side shown first is levelled"
"""Of a style-controlled board."""
