"""Boards: the default ones, which are due, how they are fitted and published, which snapshots stay."""
