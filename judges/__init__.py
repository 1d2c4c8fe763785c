"""Judges and their verdicts: LLM and offline judges of the same battles that people vote on.

This app may import `arena` and `ranking.maths`; nothing in `arena` may import it.
"""
