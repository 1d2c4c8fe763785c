"""Who sends a large body, asked before it is taken: a session that somebody signed in with, or a token that is good."""

from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.db import close_old_connections
from django.utils import timezone

from arena.config.serving.request_parser import Claim
from arena.tokens import TokenRefused, token_of


def is_known(claim: Claim) -> bool:
    """One look into the database. Raises DatabaseError."""
    close_old_connections()
    try:
        if not claim.is_token:
            store: Any = import_module(settings.SESSION_ENGINE).SessionStore(claim.secret)
            return SESSION_KEY in store.load()
        token_of(claim.secret, timezone.now())
    except TokenRefused:
        return False
    else:
        return True
    finally:
        close_old_connections()
