"""Notes of snapshots as sentences in the reader's language. Pages import it, so it does not load the fitting library."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from django.utils.text import capfirst

from arena.wording import gettext, ngettext, number, with_signs
from ranking.note_texts.of_boards import TEXTS
from ranking.note_texts.words import Words, in_words, template_of

READERS = Words(gettext, ngettext, number, with_signs)
FIRST = re.compile(r"%\((\w+)\)")
OF_ANOTHER_VERSION = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError)
"""Errors of parameters that an older version of a note's text was made with."""

BEGUN_BY_A_NAME = {"near_start", "one_competitor"}
"""Subjects of older notes that begin with the name of a model."""


class StoredNote(NamedTuple):
    """A note as a snapshot keeps it: in English, and as a code with parameters (None in older ones)."""

    text: str
    code: str
    parameters: Mapping[str, Any] | None

    @property
    def subject(self) -> str:
        """Its subject, whichever of the sentences about it this is."""
        return subject_of(self.code)

    @property
    def translated(self) -> str:
        """In the reader's language; as it is stored where it has no parameters or its code is of another version."""
        return in_readers_language(self.text, self.code, self.parameters)

    @property
    def sentence(self) -> str:
        """The same with a capital, unless it begins with a model's name, which stands as it is everywhere."""
        return self.translated if self._begins_with_name() else capfirst(self.translated)

    def _begins_with_name(self) -> bool:
        if self.parameters is None:
            return self.subject in BEGUN_BY_A_NAME
        try:
            first = FIRST.match(template_of(TEXTS[self.code], self.parameters, READERS))
        except OF_ANOTHER_VERSION:
            return self.subject in BEGUN_BY_A_NAME
        return first is not None and isinstance(self.parameters.get(first[1]), str)


def subject_of(code: str) -> str:
    """
    Examples
    --------
    >>> subject_of("few_clusters.prompts"), subject_of("votes_alone")
    ('few_clusters', 'votes_alone')
    """
    return code.partition(".")[0]


def in_readers_language(text: str, code: str, parameters: Mapping[str, Any] | None) -> str:
    """The sentence of a code with its parameters, or the stored text."""
    if parameters is None:
        return text
    try:
        return in_words(TEXTS, code, parameters, READERS)
    except OF_ANOTHER_VERSION:
        return text
