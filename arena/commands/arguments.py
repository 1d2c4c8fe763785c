"""Arguments that several commands take, checked where they are read."""

from argparse import ArgumentTypeError
from collections.abc import Callable


def port(text: str) -> int:
    """A port number from the command line; 0 means any free port."""
    return whole_number("a port", 0, 65_535)(text)


def whole_number(what: str, least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if not least <= number <= most:
            raise ArgumentTypeError(f"{text!r} is not {what} from {least} to {most}")
        return number

    return read
