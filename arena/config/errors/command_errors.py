"""Errors of a command where the machine, not the program, is at fault: one line, with what to do."""

import os
import sys
from collections.abc import Callable
from typing import NoReturn

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, InterfaceError, OperationalError, ProgrammingError
from pydantic import ValidationError

from arena.config.environment import WrongSettings
from arena.operations.disk import full_folder

INTERRUPTED = 130
WRONG = 2
SECRETS = ("key", "token")  # values of such variables are not shown


def run(command: Callable[[], object]) -> None:
    """Run a command to its end; a traceback is for faults of ours, or for those who ask for it."""
    try:
        command()
        sys.stdout.flush()  # a reader that has gone is found out here, not after the end
    except KeyboardInterrupt:
        _end("Interrupted.", INTERRUPTED)
    except BrokenPipeError:
        # Python flushes once more at its end, and would complain once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        _end("Whoever read the output has gone: the rest was not written.", WRONG)
    except Exception as error:
        complaint = None if _traceback_wanted() else complaint_of(error)
        if complaint is None:
            raise
        _end(complaint, WRONG)


def complaint_of(error: Exception) -> str | None:
    """None where the fault may be ours."""
    if isinstance(error, WrongSettings):
        return str(error)
    if isinstance(error, ValidationError):
        return "\n".join(_variable(each["loc"], each["msg"], each["input"]) for each in error.errors())
    if isinstance(error, ImproperlyConfigured):
        hint = "Look at the environment variables and .env; .env.example explains them."
        return f"The settings do not fit together: {_one_line(error)}. {hint}"
    if isinstance(error, DatabaseError | InterfaceError):
        return _of_database(error)
    if isinstance(error, EOFError):
        return "This command asks a question, and there is no terminal to answer it: give --yes (or --no-input)."
    return _of_system(error) if isinstance(error, OSError) else None


def _variable(path: tuple[int | str, ...], message: str, value: object) -> str:
    reason = message.removeprefix("Value error, ")
    if not path:  # of several variables, which the sentence names
        return f"{reason}. .env.example explains them."
    name = str(path[0]).upper()
    text = ",".join(map(str, value)) if isinstance(value, list) else str(value)
    shown = f"={without_password(text):.100}" if name.endswith("URL") else f"={text:.100}"
    shown = "" if name.lower().endswith(SECRETS) else shown
    return f"{name}{shown}: {reason}. Correct it in the environment or in .env; .env.example explains it."


def without_password(address: str) -> str:
    """Neither what stands before the last @ nor the parameters."""
    scheme, _, rest = address.partition("?")[0].rpartition("//")
    return f"{scheme}//{'***@' if '@' in rest else ''}{rest.rpartition('@')[2]}" if scheme else "***"


def _of_database(error: Exception) -> str | None:
    message = _one_line(error)
    if "no such table" in message or ("does not exist" in message and isinstance(error, ProgrammingError)):
        return f"The database lacks a table ({message}): run `manage.py migrate` first."
    if isinstance(error, OperationalError) and (folder := full_folder()):
        return (
            f"The disk of the database is full ({message}): make room in {folder}, or on the disk that it is on, and try again."
        )
    if isinstance(error, OperationalError | InterfaceError) or type(error) is DatabaseError:
        return f"The database does not work: {message}. DATABASE_URL says which it is; without it, a file in AGON_DATA_DIR."
    return None


def _of_system(error: OSError) -> str:
    where = f"{error.filename}: " if error.filename else ""
    hint = "Data are kept in the folder that AGON_DATA_DIR names: it must be a folder that you may write to, with room."
    return f"{where}{error.strerror or _one_line(error)}. {hint} (--traceback says where it happened.)"


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")


def _traceback_wanted() -> bool:
    if "--traceback" in sys.argv:
        return True
    if settings.configured:
        return settings.DEBUG
    return os.environ.get("AGON_DEBUG", "").lower() in {"1", "true", "yes", "on", "t", "y"}


def _end(complaint: str, code: int) -> NoReturn:
    print(complaint, file=sys.stderr)  # noqa: T201 - there may be no log yet
    raise SystemExit(code)
