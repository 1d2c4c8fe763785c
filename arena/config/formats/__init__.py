"""Dates and times as the pages write them, for what Django formats by itself: the admin."""
