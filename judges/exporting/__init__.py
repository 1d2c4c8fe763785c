"""Exports of judges: their games, the labels that measure them, and preferences by people or judges."""
