"""What PostgreSQL's planner knows of the tables. After rows came in bulk it knows nothing of them until it looks."""

from django.db import connections


def gather(alias: str = "default") -> None:
    """Have it look now: until then a query of a page may take minutes where it takes milliseconds afterwards."""
    if connections[alias].vendor == "postgresql":
        with connections[alias].cursor() as cursor:
            cursor.execute("ANALYZE")
