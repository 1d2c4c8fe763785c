"""Texts of people and models: safe HTML, formulas, code, languages, style features, verifiers, near duplicates."""
