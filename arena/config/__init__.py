"""The composition root: the only code that knows all rooms."""

from arena.config.celery import app as celery_app

__all__ = ["celery_app"]
