"""The Celery worker: its broker in a folder, its beat and its memory limit."""
