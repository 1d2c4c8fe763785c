"""Base classes of management commands: those that import a file, and those that start a run."""
