"""What the environment may say, typed. `.env.example` names every variable; a test compares the two."""

import contextlib
import os
import secrets
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

BASE_DIR = Path(__file__).resolve().parents[2]


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
    agon_https: bool = Field(False, description="cookies only over https, HSTS; set it when the site is served over https")
    agon_time_zone: str = Field("UTC", description="time zone of the pages")
    agon_log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="least level that is logged")
    agon_endpoints_allowed: Annotated[list[str], NoDecode] = Field(
        [], description="host:port of language models that may be on a private address or without TLS, separated by commas"
    )
    agon_metrics_token: str = Field("", description="bearer token for /metrics; empty: only requests from this machine")
    agon_votes_per_minute: int = Field(30, ge=1, description="votes one voter may cast in a minute")
    agon_anonymous_voters_per_hour: int = Field(60, ge=1, description="new anonymous voters one address may become in an hour")

    @field_validator("agon_allowed_hosts", "agon_trusted_origins", "agon_endpoints_allowed", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("agon_time_zone")
    @classmethod
    def _known_time_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError("no such time zone; known are names like UTC or Europe/Berlin")
        return value

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        if value and urlsplit(value).scheme not in {"sqlite", "postgres", "postgresql"}:
            raise ValueError("must begin with sqlite:// or postgres://")
        return value

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.agon_data_dir / 'agon.sqlite3'}"

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


def write_secret_once(path: Path, secret: str) -> None:
    """Two processes may start at once: the link makes one of them win, whole."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")  # two containers may share folder and process id
    temporary.touch(mode=0o600)
    temporary.write_text(secret)
    with contextlib.suppress(FileExistsError):
        os.link(temporary, path)
    temporary.unlink()
