"""Tables of results, with a line for each competitor, for a terminal or as a DataFrame."""

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

MOST_ROWS = 20
"""A longer table is cut."""


class Tabled:
    """Base of results with one entry per name: `columns`, `to_frame`, and a readable `repr`.

    A class says in `LABEL` which field names the rows, in `SHOWN` which are the columns.
    """

    __slots__ = ()
    LABEL: ClassVar[str] = "names"
    SHOWN: ClassVar[tuple[str, ...]] = ("estimate", "se", "low", "high")

    def columns(self) -> dict[str, list[Any]]:
        """Column by column as plain lists, which `json.dumps` and any table library take."""
        shown = {"name": np.asarray(getattr(self, self.LABEL)).tolist()}
        return shown | {name: np.asarray(getattr(self, name)).tolist() for name in self.SHOWN}

    def to_frame(self) -> "pd.DataFrame":
        """The same as a pandas DataFrame.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError as error:
            raise ImportError("to_frame needs pandas: pip install pandas, or take columns(), plain lists by name") from error
        return pd.DataFrame(self.columns())

    def __repr__(self) -> str:
        kind = getattr(self, "kind", "")
        notes = [f"note: {note}" for note in getattr(self, "notes", ())]
        return "\n".join([f"{type(self).__name__}{kind and f' ({kind})'}", table(self.columns()), *notes])


class TabledPairs(Tabled):
    """The same for (m, m) results: a row for each pair i < j, of the first over the other."""

    __slots__ = ()

    def columns(self) -> dict[str, list[Any]]:
        """Column by column as plain lists, a row for each pair."""
        names = getattr(self, self.LABEL)
        i, j = np.triu_indices(len(names), 1)
        shown = {"name": [names[one] for one in i], "other": [names[one] for one in j]}
        return shown | {name: np.asarray(getattr(self, name))[i, j].tolist() for name in self.SHOWN}


def table(columns: dict[str, list[Any]]) -> str:
    """Columns of one length as aligned text: words to the left, numbers to the right, no more than `MOST_ROWS` rows.

    Examples
    --------
    >>> print(table({"name": ["x", "long"], "low": [-1.25, 10.0]}))
    name     low
    x     -1.250
    long  10.000
    """
    n_rows = len(next(iter(columns.values()), []))
    laid = [_laid(name, values[:MOST_ROWS]) for name, values in columns.items()]
    lines = ["  ".join(cells).rstrip() for cells in zip(*laid, strict=True)]
    return "\n".join(lines + ([f"... and {n_rows - MOST_ROWS} more rows"] if n_rows > MOST_ROWS else []))


def _laid(name: str, values: list[Any]) -> list[str]:
    cells = [name, *(f"{value:.3f}" if isinstance(value, float) else str(value) for value in values)]
    width = max(map(len, cells))
    is_text = any(isinstance(value, str) for value in values)
    return [cell.ljust(width) if is_text else cell.rjust(width) for cell in cells]
