"""Putting things away and bringing them back, and what becomes of an answer that is corrected."""
