"""Rows that the tests of a module start from, made once: each test changes them in a transaction of its own."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Model
from django.test import override_settings


def prepared(make: Callable[[], Model]) -> Any:
    """A fixture for a module none of whose tests needs real transactions: the row that `make` gives, as it was made.

    It is there from the module's first test to its last, whether a test asks for it or not.
    """

    @pytest.fixture(scope="module", autouse=True)
    def row(
        django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
    ) -> Iterator[Callable[[], Model]]:
        folder = tmp_path_factory.mktemp("prepared")
        with django_db_blocker.unblock(), transaction.atomic():
            with override_settings(DATA_DIR=folder, UPLOAD_FOLDER=folder / "uploads"):
                made = make()
            yield lambda: type(made)._default_manager.get(pk=made.pk)
            transaction.set_rollback(True)

    return row
