"""What notes of boards say: every text by its code. Pages read it, so it imports no fitting library, and no Django."""
