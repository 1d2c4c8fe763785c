"""Whether the broker can be used at all, asked once before a site starts: later a broker that goes away is waited for."""

from celery import Celery
from django.conf import settings

from arena.config.errors.command_errors import without_password

SECONDS = 3.0
TRIES = 2


def trouble_with_broker(app: Celery) -> str:
    """One sentence that names CELERY_BROKER_URL; empty where the broker answers."""
    shown = f"CELERY_BROKER_URL={without_password(settings.CELERY_BROKER_URL)}"
    instead = "correct the variable in the environment or in .env, or leave it out for a broker in the data folder"
    try:
        with app.connection_for_write() as broker:
            broker.ensure_connection(max_retries=TRIES, interval_start=0.2, timeout=SECONDS)
    except (ImportError, AttributeError) as error:  # Kombu goes on without the library, and then finds None in its place
        why = _why(error) if isinstance(error, ImportError) else "it, or what it needs, is not installed"
        return f"{shown}: its library cannot be loaded ({why}): install requirements.txt again, or {instead}"
    except Exception as error:  # each transport has errors of its own
        return f"{shown}: the broker does not answer ({_why(error)}): start it, {instead}"
    return ""


def _why(error: BaseException) -> str:
    return " ".join(str(error).split()).rstrip(".")[:200] or type(error).__name__
