"""Evidence that is read once for a whole board, and once for each of its categories."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from arena.evidence.same_texts import SameTexts
from arena.evidence.turnout import Ints, Turnout
from ranking.boards.sources import BoardEvidence
from ranking.maths.data.tally import Tally


@dataclass(frozen=True, slots=True)
class PartedEvidence:
    """`whole` is all that is read; `shown` the part that the board's numbers of votes and prompts are about; `parts` those
    that are fitted by themselves, by names that say which they are."""

    whole: BoardEvidence
    shown: BoardEvidence
    parts: Mapping[str, BoardEvidence]
    facts: Mapping[str, object]

    @property
    def watermark(self) -> int:
        return self.whole.watermark

    @property
    def turnout(self) -> Turnout:
        return self.whole.turnout

    @property
    def tally(self) -> Tally:
        return self.shown.tally

    @property
    def n_set_aside(self) -> int:
        return self.whole.n_set_aside

    @property
    def without(self) -> tuple[int, ...]:
        return self.whole.without

    @property
    def same(self) -> SameTexts:
        return self.whole.same

    @property
    def n_votes(self) -> int:
        return self.shown.n_votes

    @property
    def prompts(self) -> Ints:
        return self.shown.prompts

    @property
    def n_prompts_fitted(self) -> int:
        return self.whole.n_prompts_fitted

    @property
    def n_rows(self) -> int:
        return self.whole.n_rows

    @property
    def competitors(self) -> Ints:
        return np.unique(np.concatenate([self.whole.competitors, self.shown.competitors]))

    def digest(self) -> str:
        """Over the parts too: a prompt that moves from one category to another changes it."""
        return digest_of([("", self.whole.digest()), *((name, part.digest()) for name, part in sorted(self.parts.items()))])

    def fixed(self) -> dict[str, object]:
        return self.whole.fixed() | dict(self.facts)


def digest_of(parts: Sequence[tuple[str, str]]) -> str:
    """One digest of several, each with its name."""
    sha = hashlib.sha256()
    for name, digest in parts:
        sha.update(f"{name}\0{digest}\n".encode())
    return sha.hexdigest()
