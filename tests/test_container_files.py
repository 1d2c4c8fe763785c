"""What the container files name is there, and what they run works: no image is built here."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from importlib.metadata import requires
from pathlib import Path

import pytest
import yaml
from django.core.management import get_commands
from django.urls import resolve

from arena import VERSION
from arena.config.environment import Environment
from arena.exporting.forms import FORMS

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def dockerfile():
    """(instruction, its text) line by line, continued lines as one."""
    lines = (ROOT / "Dockerfile").read_text().replace("\\\n", " ").splitlines()
    return [tuple(line.split(" ", 1)) for line in lines if line and not line.startswith("#")]


def of(dockerfile, instruction):
    return [text for name, text in dockerfile if name == instruction]


def composed():
    return yaml.safe_load((ROOT / "compose.yaml").read_text())


def test_what_is_copied_is_there_and_is_let_in(dockerfile):
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = {source for text in of(dockerfile, "COPY") for source in text.split()[:-1]}
    assert all((ROOT / source).exists() for source in copied)
    assert copied == let_in


def test_what_is_copied_is_enough(dockerfile, tmp_path):
    for text in of(dockerfile, "COPY"):
        for source in text.split()[:-1]:
            copy = shutil.copytree if (ROOT / source).is_dir() else shutil.copy
            copy(ROOT / source, tmp_path / source)
    environment = os.environ | {"AGON_DATA_DIR": str(tmp_path / "data"), "PYTHONPATH": ""}
    command = [sys.executable, "manage.py", "check"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_all_that_the_site_is_made_of_is_copied(dockerfile):
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    folders = {line.split("/")[0] for line in listed.stdout.splitlines() if "/" in line and not line.startswith(".")}
    copied = {source for text in of(dockerfile, "COPY") for source in text.split()[:-1]}
    assert folders - {"tests"} <= copied


def test_it_is_the_python_that_the_project_is_for(dockerfile):
    [image] = of(dockerfile, "FROM")
    assert image == f"python:{(ROOT / '.python-version').read_text().strip()}-slim"


def test_it_runs_as_a_user_who_owns_the_data_folder_alone(dockerfile):
    [user], [prepared] = of(dockerfile, "USER"), [text for text in of(dockerfile, "RUN") if "useradd" in text]
    assert f"--uid 10001 --no-create-home --shell /usr/sbin/nologin {user} " in prepared
    assert f"install -d -o {user} -g {user} -m 700 {of(dockerfile, 'VOLUME')[0]}" in prepared
    assert "AGON_DATA_DIR=/data" in of(dockerfile, "ENV")[0]
    places = [name for name, _ in dockerfile]
    assert max(i for i, name in enumerate(places) if name in ("RUN", "COPY")) < places.index("USER") < places.index("CMD")


def test_requirements_are_pinned_by_hash(dockerfile):
    [installed] = [text for text in of(dockerfile, "RUN") if "pip install" in text]
    commands = [" ".join(each.split()) for each in installed.split("&&")]
    assert commands[1] == "pip install --require-hashes -r requirements.txt -r requirements-parquet.txt"
    assert not any("pip" in each for each in commands[2:])


def test_the_image_reads_and_writes_parquet(dockerfile):
    """What is cut out of the developers' requirements is pyarrow with all its hashes, and it needs nothing else."""
    [installed] = [text for text in of(dockerfile, "RUN") if "pip install" in text]
    cut = subprocess.run(installed.split(" > ")[0], shell=True, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    first, *hashes = cut.splitlines()
    assert first.startswith("pyarrow==")
    assert len(hashes) > 20
    assert all(re.fullmatch(r" +--hash=sha256:[0-9a-f]{64}( \\)?", line) for line in hashes)
    assert not requires("pyarrow")
    assert {form.library for form in FORMS.values()} <= {"", "pyarrow"}


@pytest.mark.django_db
@pytest.mark.parametrize("hosts", [None, "", "localhost,127.0.0.1", "*", " .localhost , agon.example"])
def test_the_health_check_asks_a_running_site(hosts, dockerfile, live_server):
    done = checked(dockerfile, live_server.thread.port, hosts)
    assert (done.returncode, done.stderr) == (0, "")
    assert resolve("/healthz").url_name == "healthz"


def test_the_health_check_fails_where_nothing_answers(dockerfile, unused_port):
    assert checked(dockerfile, unused_port, None).returncode != 0


@pytest.fixture
def unused_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def checked(dockerfile, port, hosts):
    """The image's own check, but for the port."""
    program, flag, code = json.loads(of(dockerfile, "HEALTHCHECK")[0].partition(" CMD ")[2])
    assert (program, flag, code.count("8000")) == ("python", "-c", 1)
    environment = {name: value for name, value in os.environ.items() if name != "AGON_ALLOWED_HOSTS"}
    environment |= {} if hosts is None else {"AGON_ALLOWED_HOSTS": hosts}
    code = code.replace("8000", str(port))
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)


def commands(dockerfile):
    yield json.loads(of(dockerfile, "CMD")[0])
    yield from (service["command"] for service in composed()["services"].values() if "command" in service)


def test_every_command_is_there(dockerfile):
    for command in commands(dockerfile):
        if command[0] == "celery":
            assert command[1:4] == ["-A", "arena.config", "worker"]
            subprocess.run([sys.executable, "-m", *command[:3], "report"], cwd=ROOT, check=True, capture_output=True)
        else:
            assert command[:2] == ["python", "manage.py"]
            assert command[2] in get_commands()


def test_every_variable_is_one_that_agon_reads():
    known = {field.upper() for field in Environment.model_fields}
    for service in composed()["services"].values():
        if "build" in service:
            assert set(service["environment"]) <= known


def test_services_name_each_other_and_their_volumes():
    found = composed()
    for service in found["services"].values():
        assert set(service.get("depends_on", ())) <= set(found["services"])
        assert {volume.split(":")[0] for volume in service.get("volumes", ())} <= set(found["volumes"])
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))
        if "build" in service:
            assert [volume.split(":")[1] for volume in service["volumes"]] == ["/data"]


def test_the_variants_are_what_they_say():
    services = composed()["services"]
    assert {name for name, service in services.items() if "profiles" in service} == {"alone"}  # started by its name only
    assert set(services) - {"alone"} == {"migrate", "web", "worker", "database", "broker"}
    whole, alone = services["web"]["environment"], services["alone"]["environment"]
    assert re.match(r"postgres://agon:.*@database:5432/agon\Z", whole["DATABASE_URL"])
    assert whole["CELERY_BROKER_URL"].startswith("redis://broker:")
    assert (alone["DATABASE_URL"], alone["CELERY_BROKER_URL"]) == ("", "")
    assert "depends_on" not in services["alone"]
    assert not set(services["alone"]["volumes"]) & set(services["web"]["volumes"])  # SQLite's file lies in neither's way


def test_no_password_stands_in_a_file():
    lines = (ROOT / "compose.yaml").read_text().splitlines()
    assert all("${POSTGRES_PASSWORD-}" in line for line in lines if re.search(r"PASSWORD: |postgres://", line))


def test_the_changes_begin_with_this_version():
    versions = re.findall(r"^## (\S+?),? ", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert versions[0] == VERSION


def test_the_changes_name_what_is_there():
    told = (ROOT / "CHANGELOG.md").read_text()
    for name in ("Dockerfile", "compose.yaml"):
        assert f"`{name}`" in told
    assert set(re.findall(r"manage\.py (\w+)", told)) <= set(get_commands())
    for address in re.findall(r"`(/api/v1/[^`]+)`", told):
        assert resolve(address.replace("KEY", "0123abcd")).url_name.startswith("api-")
