"""Days on which votes were cast and games decided."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta


@dataclass(frozen=True, slots=True)
class Days:
    """In UTC, both included; without one there is no end at that side."""

    since: date | None = None
    until: date | None = None

    def __bool__(self) -> bool:
        return self.since is not None or self.until is not None

    @property
    def begin(self) -> datetime | None:
        return None if self.since is None else datetime.combine(self.since, time(), UTC)

    @property
    def end(self) -> datetime | None:
        """The first moment after them."""
        if self.until is None or self.until == date.max:
            return None
        return datetime.combine(self.until + timedelta(days=1), time(), UTC)

    def bounds(self, column: str) -> dict[str, datetime]:
        """As a filter of rows by their column of moments."""
        ends = {f"{column}__gte": self.begin, f"{column}__lt": self.end}
        return {name: moment for name, moment in ends.items() if moment is not None}


ALL_DAYS = Days()
