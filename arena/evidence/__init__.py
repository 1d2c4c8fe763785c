"""What counts: votes and their ledger, curation that sets votes aside, and the tally at a position of the ledger."""
