"""What may be set from outside: `.env.example` and the code say the same, and nothing malformed starts."""

import os
import re
import stat
import threading
from pathlib import Path
from textwrap import wrap

import pytest
from pydantic import ValidationError

from arena.config.environment import BASE_DIR, Environment, take_keys_from_file, write_secret_once

EXAMPLE = BASE_DIR / ".env.example"


def _shown(default):
    if isinstance(default, list):
        return ",".join(default)
    if isinstance(default, Path):
        return str(default.relative_to(BASE_DIR))
    return str(default).lower() if isinstance(default, bool) else str(default)


def _paragraph(name, field):
    """What `.env.example` must hold for one variable: its description, its name, its default."""
    described = "\n".join(wrap(field.description, 100, initial_indent="# ", subsequent_indent="# "))
    return f"{described}\n# {name.upper()}={_shown(field.get_default())}\n"


def test_the_example_names_every_variable_with_its_meaning_and_default():
    example = EXAMPLE.read_text()
    for name, field in Environment.model_fields.items():
        assert _paragraph(name, field) in example


def test_the_example_names_no_variable_that_is_not_read():
    lines = [line.removeprefix("# ") for line in EXAMPLE.read_text().splitlines()]
    named = {
        line.partition("=")[0] for line in lines if line[:1].isupper() and "=" in line and " " not in line.partition("=")[0]
    }
    assert named == {name.upper() for name in Environment.model_fields}


def test_the_example_uncommented_says_what_holds_without_it(monkeypatch, tmp_path):
    _forget_environment(monkeypatch)
    monkeypatch.chdir(BASE_DIR)
    uncommented = tmp_path / ".env"
    uncommented.write_text(re.sub(r"^# (?=[A-Z_]+=)", "", EXAMPLE.read_text(), flags=re.MULTILINE))
    said, default = Environment(_env_file=uncommented), Environment(_env_file=None)
    assert said.agon_data_dir.resolve() == default.agon_data_dir
    assert said.model_copy(update={"agon_data_dir": default.agon_data_dir}) == default


@pytest.mark.parametrize(
    ("name", "value"),
    [("AGON_DEBUG", "perhaps"), ("AGON_LOG_LEVEL", "LOUD"), ("AGON_VOTES_PER_MINUTE", "0"), ("AGON_VOTES_PER_MINUTE", "many")],
)
def test_a_malformed_value_stops_the_start_and_is_named(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError, match=name.lower()):
        Environment(_env_file=None)


def test_debug_is_off_unless_asked(monkeypatch):
    _forget_environment(monkeypatch)
    assert Environment(_env_file=None).agon_debug is False


def test_lists_are_separated_by_commas(monkeypatch):
    monkeypatch.setenv("AGON_ALLOWED_HOSTS", "arena.example.org, 10.0.0.7,")
    assert Environment(_env_file=None).agon_allowed_hosts == ["arena.example.org", "10.0.0.7"]


def test_without_variables_data_and_messages_stay_in_the_folder(monkeypatch, tmp_path):
    _forget_environment(monkeypatch)
    environment = Environment(_env_file=None, agon_data_dir=tmp_path)
    assert (environment.database, environment.broker) == (f"sqlite:///{tmp_path}/agon.sqlite3", "folder://")


def test_the_secret_is_made_once_and_readable_by_its_owner_only(monkeypatch, tmp_path):
    _forget_environment(monkeypatch)
    environment = Environment(_env_file=None, agon_data_dir=tmp_path / "data")
    secret = environment.secret_key()
    assert len(secret) >= 50
    assert environment.secret_key() == secret
    assert stat.S_IMODE((tmp_path / "data" / "secret_key").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


def test_of_processes_that_start_at_once_all_read_one_secret(tmp_path):
    path = tmp_path / "secret_key"
    threads = [threading.Thread(target=write_secret_once, args=[path, f"secret {number}"]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_text() in {f"secret {number}" for number in range(8)}
    assert os.listdir(tmp_path) == ["secret_key"]


def test_a_secret_of_ones_own_is_taken(monkeypatch, tmp_path):
    monkeypatch.setenv("AGON_SECRET_KEY", "mine")
    assert Environment(_env_file=None, agon_data_dir=tmp_path).secret_key() == "mine"
    assert not (tmp_path / "secret_key").exists()


def _forget_environment(monkeypatch):
    for name in Environment.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def test_keys_of_providers_are_read_from_the_file_and_those_of_the_process_count_more(monkeypatch, tmp_path):
    file = tmp_path / ".env"
    file.write_text("AGON_KEY_A=\"a.example sk-from-file\"\nAGON_KEY_B='b.example sk-from-file'\nAGON_OTHER=x\n")
    monkeypatch.setenv("AGON_KEY_B", "b.example sk-of-process")
    monkeypatch.setenv("AGON_KEY_A", "")
    monkeypatch.delenv("AGON_OTHER", raising=False)
    take_keys_from_file(file)
    assert os.environ["AGON_KEY_A"] == "a.example sk-from-file"
    assert os.environ["AGON_KEY_B"] == "b.example sk-of-process"
    assert "AGON_OTHER" not in os.environ


def test_the_example_says_how_a_key_is_written():
    assert 'AGON_KEY_OPENAI="api.openai.com sk-' in EXAMPLE.read_text()
