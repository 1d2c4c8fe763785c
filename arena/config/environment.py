"""The variables of the environment, typed. `.env.example` names every variable; a test compares the two."""

import contextlib
import os
import re
import secrets
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import SplitResult, urlsplit
from zoneinfo import available_timezones

from dotenv import dotenv_values
from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

DATABASE_FILE_NAME = "agon.sqlite3"  # in the data folder
BIGGEST = 2**31 - 1  # a database counts up to it
BASE_DIR = Path(__file__).resolve().parents[2]
BROKERS = ("redis", "rediss", "sentinel", "amqp", "amqps", "pyamqp")
# Variables between programs around Agon, and the keys of models' providers: no settings of the site.
OTHER_NAMES = ("AGON_KEY_", "AGON_CI_", "AGON_BENCH_", "AGON_SERVED_BY")
_HOST = re.compile(r"\A(\*|\.?[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?|\[[0-9A-Fa-f:.]+\])\Z")


class WrongSettings(Exception):
    """The environment sets variables that Agon does not know: one sentence each."""


class Environment(BaseSettings):
    """Read once at start from the process environment and `.env`; anything malformed stops the start and is named."""

    model_config = SettingsConfigDict(env_file=BASE_DIR / ".env", extra="ignore", env_ignore_empty=True)

    database_url: str = Field(
        "", description="sqlite:///path or postgres://user:password@host/name; empty: a file in the data folder"
    )
    celery_broker_url: str = Field(
        "", description="redis://host:6379/0 or amqp://user:password@host//; empty: a broker in the data folder"
    )
    agon_data_dir: Path = Field(BASE_DIR / ".data", description="folder of the database, uploads, secrets and logs")
    agon_secret_key: str = Field(
        "", description="signs sessions and ballots; empty: generated into the data folder at first start"
    )
    agon_debug: bool = Field(False, description="developer error pages; never on a reachable machine")
    agon_allowed_hosts: Annotated[list[str], NoDecode] = Field(
        ["localhost", "127.0.0.1", "[::1]"], description="host names the site answers to, separated by commas"
    )
    agon_trusted_origins: Annotated[list[str], NoDecode] = Field(
        [], description="https://... origins allowed to post forms when a proxy ends TLS, separated by commas"
    )
    agon_behind_proxy: bool = Field(False, description="trust X-Forwarded-Proto and X-Forwarded-For of the proxy in front")
    agon_https: bool = Field(
        False, description="cookies only over https, http is sent on to https, HSTS; set it when the site is served over https"
    )
    agon_time_zone: str = Field("UTC", description="time zone of the pages")
    agon_log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="least level that is logged")
    agon_endpoints_allowed: Annotated[list[str], NoDecode] = Field(
        [], description="host:port of language models that may be on a private address or without TLS, separated by commas"
    )
    agon_metrics_token: str = Field(
        "", description="bearer token for /metrics; empty: only requests from this machine, and none behind a proxy"
    )
    agon_votes_per_minute: int = Field(30, ge=1, le=BIGGEST, description="votes one voter may cast in a minute")
    agon_anonymous_voters_per_hour: int = Field(
        60, ge=1, le=BIGGEST, description="new anonymous voters one address may become in an hour"
    )

    agon_fit_memory_mb: int = Field(
        1000,
        ge=100,
        description="memory that fits of boards may take in one worker; what needs more is not fitted, and says so",
    )
    agon_worker_memory_mb: int = Field(
        1400, ge=300, description="a worker that has taken more memory than this ends and is started again"
    )

    @field_validator("agon_allowed_hosts", "agon_trusted_origins", "agon_endpoints_allowed", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("agon_log_level", mode="before")
    @classmethod
    def _upper(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

    @field_validator("agon_allowed_hosts")
    @classmethod
    def _hosts(cls, value: list[str]) -> list[str]:
        for host in value:
            if not _HOST.match(host):
                raise ValueError(f"{host!r} is no host name{_hint_for(host)}")
        if not value:
            raise ValueError("names no host, so nobody would be answered; leave it out to answer this machine")
        return value

    @field_validator("agon_trusted_origins")
    @classmethod
    def _origins(cls, value: list[str]) -> list[str]:
        for origin in value:
            parts = _split_address(origin)
            if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname or parts.path or parts.query:
                raise ValueError(f"{origin!r} is not an origin: write scheme and host, as https://agon.example, without a path")
        return value

    @field_validator("agon_endpoints_allowed")
    @classmethod
    def _endpoints(cls, value: list[str]) -> list[str]:
        for place in value:
            parts = _split_address(f"//{place}")
            if parts is None or "/" in place or not parts.hostname or not parts.port or "@" in place:
                raise ValueError(f"{place!r} is no host:port, as 127.0.0.1:8000; no scheme and no path")
        return value

    @field_validator("celery_broker_url")
    @classmethod
    def _known_broker(cls, value: str) -> str:
        parts = _split_address(value)
        if value and (parts is None or parts.scheme not in BROKERS):
            raise ValueError("must begin with redis:// or amqp://, and a port is a number up to 65535")
        if parts is not None and parts.scheme in {"redis", "rediss"} and not re.fullmatch(r"/?\d*/?", parts.path):
            raise ValueError("of a Redis address the last part is the number of its database, as in redis://host:6379/0")
        return value

    @field_validator("agon_data_dir")
    @classmethod
    def _folder(cls, value: Path) -> Path:
        if value.exists() and not value.is_dir():
            raise ValueError("is a file, and must be a folder")
        return value

    @model_validator(mode="after")
    def _fits_together(self) -> "Environment":
        if self.agon_https and not self.agon_behind_proxy and not self.agon_trusted_origins:
            raise ValueError(
                "AGON_HTTPS=true: Agon itself speaks no TLS, a proxy in front does, and AGON_BEHIND_PROXY is not set: "
                "every form would be refused. Set AGON_BEHIND_PROXY=true, and have the proxy send X-Forwarded-Proto"
            )
        return self

    @field_validator("agon_time_zone")
    @classmethod
    def _known_time_zone(cls, value: str) -> str:
        if value != "UTC" and value not in available_timezones():  # which opens hundreds of files at each start
            raise ValueError("no such time zone; known are names like UTC or Europe/Berlin")
        return value

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        parts = _split_address(value)
        if value and (parts is None or parts.scheme not in {"sqlite", "postgres", "postgresql"}):
            raise ValueError("must begin with sqlite:// or postgres://, and a port is a number up to 65535")
        if parts is not None and parts.scheme.startswith("postgres") and not parts.path.strip("/"):
            raise ValueError("names no database: it ends as in postgres://user:password@host/name")
        if parts is not None and parts.scheme == "sqlite" and (parts.netloc or len(parts.path) < 2):
            raise ValueError("names no file: sqlite:///path, with a fourth slash where the path begins at the root")
        return value

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.agon_data_dir / DATABASE_FILE_NAME}"

    @property
    def broker(self) -> str:
        return self.celery_broker_url or "folder://"

    def secret_key(self) -> str:
        """The signing key: given, or generated once into the data folder and readable by its owner only."""
        if self.agon_secret_key:
            return self.agon_secret_key
        path = self.agon_data_dir / "secret_key"
        if not path.exists():
            self.agon_data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_secret_once(path, secrets.token_urlsafe(50))
        return path.read_text().strip()


def misspelt(names: Iterable[str] | None = None) -> list[str]:
    """One sentence for each name in the environment and in `.env` that is meant for Agon and that Agon does not know."""
    given = {*os.environ, *dotenv_values(BASE_DIR / ".env")} if names is None else set(names)
    known = [name.upper() for name in Environment.model_fields]
    sentences = []
    for name in sorted(given - set(known)):
        nearest = get_close_matches(name.upper(), known, n=1, cutoff=0.8)
        if name.upper() in known or name.startswith(OTHER_NAMES) or not (nearest or name.startswith("AGON_")):
            continue
        hint = f"did you mean {nearest[0]}?" if nearest else ".env.example lists them all"
        sentences.append(f"{name}: there is no such variable; {hint}")
    return sentences


def take_keys_from_file(path: Path = BASE_DIR / ".env") -> None:
    """Keys of models' providers that stand in `.env` are as good as those of the process, which count more."""
    for name, value in dotenv_values(path).items():
        if name.startswith("AGON_KEY_") and value and not os.environ.get(name):
            os.environ[name] = value


def _split_address(address: str) -> SplitResult | None:
    """None where it cannot be read, as with a port that is no number."""
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _hint_for(host: str) -> str:
    """What was probably meant."""
    bare = host.partition("://")[2] or host
    bare = bare.partition("/")[0]
    if bare.count(":") > 1 and not bare.startswith("["):
        return f": write [{bare}]"
    bare = bare.removeprefix("*") if bare.startswith("*.") else bare
    name, _, port = bare.rpartition(":")
    bare = name if port.isdigit() and name else bare
    return f": write {bare}, without scheme, port and path" if _HOST.match(bare) else ": write names, separated by commas"


def write_secret_once(path: Path, secret: str) -> None:
    """Two processes may start at once: the link makes one of them win, whole."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")  # two containers may share folder and process id
    temporary.touch(mode=0o600)
    temporary.write_text(secret)
    with contextlib.suppress(FileExistsError):
        os.link(temporary, path)
    temporary.unlink()
