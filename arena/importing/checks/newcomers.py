"""Competitors that a file brings: many new ones are mostly a wrong column, and take a yes at every door."""

from argparse import ArgumentParser

UNASKED_COMPETITORS = 1_000  # more new ones in one file are mostly a wrong column, and a board of them takes much memory


class TooManyCompetitors(ValueError):
    """A file brings more new competitors than were allowed; nothing of it is to be written."""


def n_to_allow(n_new: int) -> int:
    """New competitors, where they are so many that somebody has to say yes; else 0."""
    return n_new if n_new > UNASKED_COMPETITORS else 0


def must_be_allowed(n_new: int, most: int) -> None:
    """Raises TooManyCompetitors where so many new ones need a yes, and `most` of them have it."""
    if n_to_allow(n_new) > most:
        raise TooManyCompetitors(
            f"{n_new:,} new competitors are in this file, and nothing was written. Mostly that is a wrong "
            f"column, and a board of so many takes much memory. If they are meant: --allow-competitors {n_new}"
        )


def add_allowance(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--allow-competitors", type=int, default=UNASKED_COMPETITORS, metavar="N",
        help=f"take a file with up to N new competitors (default {UNASKED_COMPETITORS:,})",
    )  # fmt: skip
