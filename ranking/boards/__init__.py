"""Boards: which there are, which are due, how they are fitted and published, and which snapshots stay."""
