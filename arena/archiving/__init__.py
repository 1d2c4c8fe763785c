"""Archiving rows and bringing them back, and what happens to an answer that is corrected."""
