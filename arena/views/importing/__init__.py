"""Pages that import files: upload, check, columns, confirmation, progress, undo. For curators."""
