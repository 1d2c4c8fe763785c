"""Programs that know of the site what its OpenAPI document says, and nothing else: operations are called by their ids."""

import importlib
import inspect
import json
import subprocess
import sys
import typing
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx2
from django.core.management import call_command

from tests.arena.api.programs import bearer

GENERATOR = "openapi_python_client"
PACKAGE = "generated_agon"


def written_document(folder: Path) -> Path:
    path = folder / "schema.json"
    call_command("spectacular", "--format", "openapi-json", "--file", str(path), "--validate", "--fail-on-warn")
    return path


class WalkingDriver:
    """Reads method, path and parameters of each operation out of the document."""

    def __init__(self, document: Path, url: str, secret: str) -> None:
        said = json.loads(document.read_text())
        self._operations = {
            operation["operationId"]: (method, path)
            for path, methods in said["paths"].items()
            for method, operation in methods.items()
        }
        self._client = httpx2.Client(base_url=url, headers=bearer(secret), timeout=60)

    def call(self, operation: str, body: Any = None, **parameters: Any) -> tuple[int, Any]:
        method, path = self._operations[operation]
        in_path = {name: value for name, value in parameters.items() if f"{{{name}}}" in path}
        query = {name: value for name, value in parameters.items() if name not in in_path}
        answer = self._client.request(method, path.format(**in_path), params=query, json=body)
        return answer.status_code, _read(answer)


class GeneratedDriver:
    """A package that openapi-python-client made: typed bodies in, typed answers out."""

    def __init__(self, document: Path, url: str, secret: str) -> None:
        folder = document.parent / PACKAGE
        if not folder.exists():
            command = [sys.executable, "-m", GENERATOR, "generate", "--path", str(document), "--output-path", str(folder)]
            subprocess.run([*command, "--meta", "none"], check=True, capture_output=True)
            sys.path.insert(0, str(document.parent))
        client = importlib.import_module(f"{PACKAGE}.client")
        self._client = client.AuthenticatedClient(base_url=url, token=secret, timeout=60)

    def call(self, operation: str, body: Any = None, **parameters: Any) -> tuple[int, Any]:
        tag = operation.partition("_")[0]
        module = importlib.import_module(f"{PACKAGE}.api.{tag}.{operation}".replace("-", "_"))
        if body is not None:
            parameters["body"] = _body_of(module).from_dict(body)
        renamed = {"id": "id_"}
        known = inspect.signature(module.sync_detailed).parameters
        said = {renamed.get(name, name) if name not in known else name: value for name, value in parameters.items()}
        answer = module.sync_detailed(client=self._client, **said)
        sent = _read(answer)
        if hasattr(answer.parsed, "to_dict"):  # files are as they came
            assert set(answer.parsed.to_dict()) == set(sent)  # what is typed says all that was sent
        return int(answer.status_code), sent


def _read(answer: Any) -> Any:
    """JSON, or rows of JSON lines."""
    if answer.headers["content-type"].partition(";")[0] in {"application/json", "application/problem+json"}:
        return json.loads(answer.content)
    return [json.loads(line) for line in answer.content.decode().splitlines()]


def _body_of(module: ModuleType) -> Any:
    hints = typing.get_type_hints(module.sync_detailed)
    allowed = typing.get_args(hints["body"]) or (hints["body"],)  # a body that is needed is of one type
    return next(each for each in allowed if hasattr(each, "from_dict"))
