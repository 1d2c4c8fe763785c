"""Who was shown how often, and who voted: counts from the votes, in which no voter can be told."""
