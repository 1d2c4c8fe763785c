"""What counts: votes, the ledger, curation that sets votes aside, and the tally at a ledger position."""
