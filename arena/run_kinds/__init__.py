"""Kinds of run that the arena knows by itself: answers of language models."""
