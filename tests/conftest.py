import atexit
import gc
import os
import re
import shutil
import tempfile
from collections.abc import Generator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
from django.conf import settings as django_settings
from django.core.management.commands import flush
from django.db import connections
from django.db.backends.postgresql.operations import DatabaseOperations
from django.db.backends.sqlite3.base import DatabaseCreation as FileCreation
from django.db.backends.sqlite3.base import DatabaseOperations as FileOperations
from django.test import override_settings
from hypothesis import settings

from tests import shared_run

settings.register_profile("agon", deadline=None)  # a slow machine is no fault
# `--hypothesis-profile=gate` draws the same each time, and more where it fuzzes: what a gate says depends on the code alone.
settings.register_profile("gate", parent=settings.get_profile("agon"), derandomize=True)
settings.load_profile("agon")

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):  # several processes share the processors already
    os.environ.setdefault(threads, "1")
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # playwright runs an event loop in the test's thread
if os.environ.pop("PYTHONDONTWRITEBYTECODE", None):  # hundreds of processes would each compile again: kept outside the tree
    os.environ["PYTHONPYCACHEPREFIX"] = tempfile.mkdtemp(prefix="agon-compiled-")
    atexit.register(shutil.rmtree, os.environ["PYTHONPYCACHEPREFIX"], ignore_errors=True)
FEW_FILES = 3  # named on the command line: quicker done than workers are started
WRITTEN_BY_MIGRATE = ("auth_permission", "django_content_type")
SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


def pytest_configure(config: pytest.Config) -> None:
    shared_run.begin()


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """The whole suite in four processes more than there are processors, as many tests wait; a few files in this one."""
    is_small = len(config.args) <= FEW_FILES and all(Path(arg.partition("::")[0]).is_file() for arg in config.args)
    return 0 if is_small else (os.cpu_count() or 1) + 4


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What starts and kills whole sites comes first: at the end three processes would wait for the one that has it.

    It has databases of its own. Tests of the common one keep their order: those that empty it come last.
    """
    folder = Path(__file__).parent
    items.sort(key=lambda item: item.path.parent != folder or item.get_closest_marker("django_db") is not None)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Twelve thousand tests, and what they import, stay to the end: the collector of garbage need not look at them."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture
def tmp_path(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for this test: pytest's own would first look through those of all tests before."""
    name = re.sub(r"\W", "_", request.node.name)[:30]
    return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=tmp_path_factory.getbasetemp()))


@pytest.fixture(scope="session", autouse=True)
def _plain_settings() -> Iterator[None]:
    """Hashed names need collectstatic; tests serve the sources. A test that is about limits of the interface sets them.

    A password that costs half a second to hash is right for people, not for two hundred made-up accounts.
    """
    statics = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with override_settings(
        STORAGES=django_settings.STORAGES | {"staticfiles": statics},
        API_LIMITS={},
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    ):
        yield


@pytest.fixture(autouse=True)
def _own_folder(settings: object, tmp_path: Path) -> None:
    """Files of a test stay in its own folder."""
    settings.UPLOAD_FOLDER = tmp_path / "uploads"  # type: ignore[attr-defined]
    settings.DATA_DIR = tmp_path  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> Iterator[None]:
    """The database of a process starts as a copy of one that was migrated once, and need not survive a power cut."""
    database, template = connections["default"].settings_dict, shared_run.migrated_database()
    if database["ENGINE"].endswith("postgresql"):
        database["TEST"]["TEMPLATE"] = template
        yield
        return
    database["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"
    creates = FileCreation._create_test_db

    def copies(self: FileCreation, *arguments: bool, **options: bool) -> str:
        name = creates(self, *arguments, **options)
        shutil.copy(template, name)
        return name

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FileCreation, "_create_test_db", copies)
        yield


@pytest.fixture(scope="session", autouse=True)
def _quick_flush() -> Iterator[None]:
    """After a test with real transactions: permissions and names of models stay, which Django would write anew each time.

    PostgreSQL truncates all tables in longer than most of these tests take: rows go where there are any.
    """
    deletes_all = FileOperations.sql_flush

    def deletes(self: FileOperations, style: object, tables: list[str], **how: bool) -> list[str]:
        return deletes_all(self, style, [table for table in tables if table not in WRITTEN_BY_MIGRATE], **how)

    def deletes_where_rows_are(self: DatabaseOperations, style: object, tables: list[str], **_: object) -> list[str]:
        names = [self.quote_name(table) for table in tables if table not in WRITTEN_BY_MIGRATE]
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT " + ", ".join(f"EXISTS (SELECT FROM {name})" for name in names))
            return [f"DELETE FROM {name}" for name, has_rows in zip(names, cursor.fetchone(), strict=True) if has_rows]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FileOperations, "sql_flush", deletes)
        patch.setattr(DatabaseOperations, "sql_flush", deletes_where_rows_are)
        patch.setattr(flush, "emit_post_migrate_signal", lambda *_, **__: None)
        yield


@pytest.fixture
def still_clock() -> Iterator[None]:
    """No minute or hour ends during a test that counts within one."""
    with time_machine.travel(datetime.now(UTC), tick=False):
        yield


@pytest.fixture
def shared_data() -> Path:
    """Public data sets beside the checkout; absent on most machines."""
    if not SHARED.is_dir():
        pytest.skip(f"real data not here: {SHARED}")
    return SHARED
