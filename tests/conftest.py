import os
from pathlib import Path

import pytest

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # playwright runs an event loop in the test's thread
SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(autouse=True)
def _plain_statics(settings: object, tmp_path: Path) -> None:
    """Hashed names need collectstatic; tests serve the sources. Files of a test stay in its own folder."""
    settings.STORAGES = settings.STORAGES | {  # type: ignore[attr-defined]
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    settings.UPLOAD_FOLDER = tmp_path / "uploads"  # type: ignore[attr-defined]
    settings.DATA_DIR = tmp_path  # type: ignore[attr-defined]
    # A password that costs half a second to hash is right for people, not for two hundred made-up accounts.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # type: ignore[attr-defined]


@pytest.fixture
def shared_data() -> Path:
    """Public data sets beside the checkout; absent on most machines."""
    if not SHARED.is_dir():
        pytest.skip(f"real data not here: {SHARED}")
    return SHARED
