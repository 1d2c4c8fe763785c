"""The number of a row in an address: `<row:pk>`. One that no database can hold is an address that does not exist."""

import re

from django.urls.converters import IntConverter


class RowNumber(IntConverter):
    """Up to 18 digits: SQLite and PostgreSQL hold 63 bits. `arena.apps` registers it."""

    regex = "[0-9]{1,18}"


def row_number(written: str) -> int | None:
    """
    The number of a row in a form or a query, held to the same bound.

    Examples
    --------
    >>> row_number("12"), row_number("9" * 19), row_number("-1"), row_number("\u0663")
    (12, None, None, None)
    """
    return int(written) if re.fullmatch(RowNumber.regex, written) else None
