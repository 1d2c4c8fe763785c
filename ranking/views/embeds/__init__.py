"""Boards on other people's sites: a page for a frame, a badge, a picture for links, and what to copy for them."""
