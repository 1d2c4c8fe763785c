"""Exports of boards, with their history."""
