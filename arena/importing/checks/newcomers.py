"""New competitors in a file: many of them usually mean a wrong column, so every kind of import asks for a confirmation."""

from argparse import ArgumentParser

UNASKED_COMPETITORS = 1_000  # more new ones in one file usually mean a wrong column, and their board takes much memory


class TooManyCompetitors(ValueError):
    """A file brings more new competitors than were allowed; nothing of it may be written."""


def n_to_allow(n_new: int) -> int:
    """The number of new competitors if it needs a confirmation, else 0."""
    return n_new if n_new > UNASKED_COMPETITORS else 0


def must_be_allowed(n_new: int, most: int) -> None:
    """Raises TooManyCompetitors if so many new ones need a confirmation and only `most` are allowed."""
    if n_to_allow(n_new) > most:
        raise TooManyCompetitors(
            f"{n_new:,} new models are in this file, and nothing was written. Usually that means a wrong column, "
            f"and a board of so many takes much memory. If it is intended: --allow-competitors {n_new}"
        )


def add_allowance(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--allow-competitors", type=int, default=UNASKED_COMPETITORS, metavar="N",
        help=f"take a file with up to N new models (default {UNASKED_COMPETITORS:,})",
    )  # fmt: skip
