"""Pages of accounts: tokens of programs, invitations, and the page behind a one-time link."""
