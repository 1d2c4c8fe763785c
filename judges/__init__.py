"""Judges and what they said: LLM and offline judges of the same battles that people vote on.

This room may import `arena` and `ranking.maths`; nothing in `arena` may import it.
"""
