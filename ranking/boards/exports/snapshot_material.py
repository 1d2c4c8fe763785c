"""The material of a stored snapshot's method, read again as it was then."""

from collections.abc import Iterator

from ranking.boards.exports.comparison_file import lines_of
from ranking.boards.publishing import definition_then, is_evidence_of, source_then
from ranking.models import Snapshot


class EvidenceGoneError(Exception):
    """The evidence at the snapshot's position has changed since it was made."""


def lines_of_snapshot(snapshot: Snapshot) -> Iterator[str]:
    """
    As CSV, with the present names of its competitors. Everything is read before the first line.

    Raises
    ------
    EvidenceGoneError
        Rows were changed past the ledger, or this version reads them differently.
    """
    names = dict(snapshot.entries.order_by("competitor_id").values_list("competitor_id", "competitor__name"))
    source = source_then(snapshot, from_rows=False)
    if not is_evidence_of(snapshot, source.evidence):
        raise EvidenceGoneError
    return lines_of(source.material(names, definition_then(snapshot)), list(names.values()))
