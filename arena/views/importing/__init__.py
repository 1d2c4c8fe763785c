"""The pages on which files are brought: upload, check, columns, confirmation, progress, undo. For curators."""
