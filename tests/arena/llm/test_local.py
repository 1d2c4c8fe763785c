"""`manage.py localllm` without the model: what it says where it cannot serve, and the endpoint that it makes."""

import socket
import sys

import pytest
from django.core.management import CommandError, call_command

from arena.management.commands.localllm import register_endpoint
from arena.models import Endpoint


def test_without_the_packages_it_says_how_to_install_them(monkeypatch):
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    with pytest.raises(CommandError, match=r"pip install --no-deps -r requirements-local\.txt"):
        call_command("localllm", "--port", "0")


def test_a_port_in_use_is_named():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CommandError, match=rf"port {port}: .*choose another one"):
            call_command("localllm", "--port", str(port))


@pytest.mark.parametrize("arguments", [["--port", "70000"], ["--port", "-1"], ["--threads", "0"]])
def test_numbers_that_make_no_sense_are_refused(arguments):
    with pytest.raises(CommandError, match=r"allowed|is not a port from 0 to 65535"):
        call_command("localllm", *arguments)


@pytest.mark.django_db
def test_registering_again_updates_the_one_endpoint_and_forgets_what_was_learnt():
    assert register_endpoint("http://127.0.0.1:8091/v1")
    Endpoint.objects.update(paused_because="the server was off", refused_parameters=["seed"], price_in=5)
    assert not register_endpoint("http://127.0.0.1:8092/v1")
    endpoint = Endpoint.objects.get()
    assert (endpoint.base_url, endpoint.key_name, endpoint.price_in) == ("http://127.0.0.1:8092/v1", "", 0)
    assert (endpoint.paused_because, endpoint.refused_parameters, endpoint.max_concurrency) == ("", [], 1)
