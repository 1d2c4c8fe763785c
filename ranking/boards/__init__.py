"""Boards: default boards, which are due, fitting and publishing, and which snapshots are kept."""
