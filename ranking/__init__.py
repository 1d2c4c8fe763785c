"""Agon's measuring room: `maths` is a pure library; the rest turns evidence into boards and shows them."""
