"""The filters of a board's page, and asking for boards that nobody has fitted yet."""
