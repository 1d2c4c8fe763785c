"""Pass 2 of an import: checked rows into the database, a transaction at a time."""
