"""Agon's rankings: `maths` is a pure library; the rest turns evidence into boards and shows them."""
