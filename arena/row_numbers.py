"""The number of a row in an address: `<row:pk>`. One that no database can hold is an address that does not exist."""

from django.urls.converters import IntConverter


class RowNumber(IntConverter):
    """Up to 18 digits: SQLite and PostgreSQL hold 63 bits. `arena.apps` registers it."""

    regex = "[0-9]{1,18}"
