"""REST resources of boards and snapshots."""
