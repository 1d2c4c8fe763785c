"""Pass 1 of an import: the whole file is read and checked; nothing is written."""
