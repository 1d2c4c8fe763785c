"""When the machine is at fault, the site says so with a 503; when a request is refused, the log says so in one line."""

import errno

import psycopg
import pytest
from django.contrib.auth.models import User
from django.db import InterfaceError, OperationalError, connection
from django.test import Client, RequestFactory

from arena.config import proxies
from arena.config.errors import unavailable
from arena.config.errors.command_errors import complaint_of
from arena.models import RateWindow
from arena.operations import disk, readiness


def _postgres(code, words="x"):
    error = OperationalError(words)
    error.__cause__ = psycopg.errors.lookup(code)(words) if code else psycopg.OperationalError(words)
    return error


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (OperationalError("database or disk is full"), unavailable.FULL),
        (OSError(errno.ENOSPC, "No space left on device"), unavailable.FULL),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), unavailable.FULL),
        (OSError(errno.EROFS, "Read-only file system"), unavailable.READ_ONLY),
        (OperationalError("attempt to write a readonly database"), unavailable.READ_ONLY),
        (OperationalError("database is locked"), unavailable.BUSY),
        (OperationalError("disk I/O error"), unavailable.BROKEN),
        (OperationalError("unable to open database file"), unavailable.BROKEN),
        (_postgres("55P03"), unavailable.BUSY),
        (_postgres("40P01"), unavailable.BUSY),
        (_postgres("53300"), unavailable.REFUSED),
        (_postgres("53100"), unavailable.FULL),
        (_postgres("57P01"), unavailable.AWAY),
        (_postgres("", "connection failed: FATAL:  sorry, too many clients already"), unavailable.REFUSED),
        (_postgres("", 'FATAL: too many connections for role "agon"'), unavailable.REFUSED),
        (_postgres("", "server closed the connection unexpectedly"), unavailable.AWAY),
        (_postgres("", "connection refused"), unavailable.AWAY),
        (InterfaceError("connection already closed"), unavailable.AWAY),
    ],
)
def test_trouble_of_the_machine_has_its_sentence(error, sentence):
    assert unavailable.trouble_of(error).sentence == sentence


@pytest.mark.parametrize("words", ["disk I/O error", "unable to open database file"])
@pytest.mark.parametrize(("least", "is_full"), [(2**62, True), (0, False)])
def test_sqlite_on_a_full_disk_says_that_the_disk_is_full(monkeypatch, settings, tmp_path, words, least, is_full):
    """SQLite says "disk I/O error" then, which told nobody to make room."""
    monkeypatch.setattr(disk, "LEAST", least)
    monkeypatch.setattr(readiness, "_wrote_at", -1e9)
    monkeypatch.setitem(
        settings.DATABASES, "default", {"ENGINE": "django.db.backends.sqlite3", "NAME": tmp_path / "agon.sqlite3"}
    )

    def fail(**row):
        raise OperationalError(words)

    monkeypatch.setattr(RateWindow.objects, "update_or_create", fail)
    sentence = unavailable.FULL if is_full else unavailable.BROKEN
    assert unavailable.trouble_of(OperationalError(words)).sentence == sentence
    assert (f"make room in {tmp_path}" in complaint_of(OperationalError(words))) == is_full
    with pytest.raises(readiness.NotReady) as not_ready:
        readiness.check_database()
    assert ("its disk is full; make room" in str(not_ready.value)) == is_full
    assert unavailable.trouble_of(OperationalError("database is locked")).sentence == unavailable.BUSY


@pytest.mark.parametrize("error", [ValueError("x"), OSError(errno.ENOENT, "x"), OperationalError("no such table: x"), None])
def test_faults_of_the_program_stay_faults_of_the_program(error):
    assert unavailable.trouble_of(error) is None


@pytest.fixture
def full_disk():
    def refuses(execute, sql, params, many, context):
        if sql.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")):
            raise OperationalError("database or disk is full")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(refuses):
        yield


@pytest.mark.django_db
def test_a_full_disk_is_a_503_that_says_so_and_one_line_of_the_log(client, full_disk, caplog):
    assert client.get("/login/").status_code == 200, "reading goes on"
    answered = client.post("/login/", {"username": "a", "password": "b"})
    assert answered.status_code == 503
    assert "The disk of this site is full" in answered.content.decode()
    assert answered["Retry-After"] == "60"
    assert not [record for record in caplog.records if record.exc_info and "Traceback" in (record.exc_text or "")]


@pytest.mark.django_db
def test_what_fails_outside_of_a_view_is_a_503_as_well(settings, client):
    """The session, which a middleware stores."""
    client.raise_request_exception = False
    settings.SESSION_SAVE_EVERY_REQUEST = True
    client.force_login(User.objects.create_user("anna"))

    def refuses(execute, sql, params, many, context):
        if "django_session" in sql:
            raise OperationalError("database is locked")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(refuses):
        assert client.get("/login/").status_code == 503


@pytest.mark.django_db
def test_rest_answers_trouble_with_a_problem(client, settings):
    def refuses(execute, sql, params, many, context):
        raise OperationalError("connection refused")

    with connection.execute_wrapper(refuses):
        response = client.get("/api/v1/arenas/")
    assert response.status_code == 503
    assert response["Content-Type"] == "application/problem+json"
    assert response["Retry-After"] == "5"
    assert response.json()["detail"] == unavailable.AWAY


@pytest.mark.django_db
def test_a_database_that_cannot_be_written_is_not_ready(full_disk, monkeypatch):
    monkeypatch.setattr(readiness, "_wrote_at", -1e9)
    assert "cannot be written" in readiness.failures()["database"]


@pytest.mark.django_db
def test_a_data_folder_without_room_is_not_ready(monkeypatch, settings):
    monkeypatch.setattr(readiness, "free_bytes", lambda: 3 * 2**20)
    assert readiness.failures()["disk"].startswith("only 3 MB are free in the data folder")
    monkeypatch.undo()
    settings.DATA_DIR = settings.DATA_DIR / "not-here"
    assert "disk" in readiness.failures()


@pytest.mark.django_db
def test_metrics_tell_the_room_that_is_left(client):
    assert "agon_disk_free_bytes " in client.get("/metrics").content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "headers", "words"),
    [
        ("/", {"HTTP_HOST": "evil.test"}, "AGON_ALLOWED_HOSTS"),
        ("/admin/login/", {}, "/admin/login/"),
        ("/api/v1/battles/?arena=%00", {}, "battles"),
    ],
)
def test_a_refusal_is_one_line_of_the_log(path, headers, words, monkeypatch):
    from tests.logs import console_handler

    client = Client(raise_request_exception=False)
    if path.startswith("/admin"):
        client.force_login(User.objects.create_user("anna"))
    handler, out = console_handler(), []
    monkeypatch.setattr(handler, "emit", lambda record: out.append(handler.format(record)))
    assert client.get(path, **headers).status_code in {400, 403, 404}
    assert words in out[-1]
    assert all("\n" not in line for line in out)


# --- the proxy in front ------------------------------------------------------------------------------------------------

FORM = {"username": "a", "password": "b"}


def _refused(settings, headers, **given):
    for name, value in ({"BEHIND_PROXY": False, "HTTPS": False} | given).items():
        setattr(settings, name, value)
    settings.ALLOWED_HOSTS = ["agon.test", "127.0.0.1", "testserver"]
    if settings.BEHIND_PROXY:
        settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    return Client(enforce_csrf_checks=True).post("/login/", FORM, **headers)


CASES = {
    "nothing is set": ({"HTTP_HOST": "agon.test"}, {}, "AGON_BEHIND_PROXY=false"),
    "no forwarding header": (
        {"HTTP_HOST": "agon.test", "HTTP_X_FORWARDED_FOR": "203.0.113.1"},
        {"BEHIND_PROXY": True, "HTTPS": True},
        "AGON_BEHIND_PROXY=true, and the proxy sends no X-Forwarded-Proto",
    ),
    "Host without its port": (
        {"HTTP_HOST": "agon.test", "HTTP_ORIGIN": "https://agon.test:8443", "HTTP_X_FORWARDED_PROTO": "https"},
        {"BEHIND_PROXY": True, "HTTPS": True},
        "AGON_TRUSTED_ORIGINS=https://agon.test:8443 (it is empty)",
    ),
    "the proxy's own Host": (
        {"HTTP_HOST": "127.0.0.1:8000", "HTTP_X_FORWARDED_PROTO": "https"},
        {"BEHIND_PROXY": True, "HTTPS": True},
        "reached the site as Host: 127.0.0.1:8000",
    ),
}


@pytest.mark.django_db
@pytest.mark.parametrize(("headers", "given", "words"), CASES.values(), ids=CASES)
def test_a_proxy_that_is_set_up_wrongly_is_named_with_variable_and_value(settings, headers, given, words, client, monkeypatch):
    monkeypatch.setattr(proxies, "_newest", None)
    response = _refused(settings, {"HTTP_ORIGIN": "https://agon.test"} | headers, **given)
    assert response.status_code == 403
    assert words in response.content.decode().replace("&#x27;", "'")
    ready = client.get("/readyz").content.decode()
    assert f"proxy: does not fit the settings: {proxies.newest_fault()}" in ready
    assert "agon.test" not in ready  # what a stranger sends is not shown to others


@pytest.mark.django_db
def test_a_form_of_another_site_is_refused_without_advice_to_trust_it(settings, monkeypatch):
    monkeypatch.setattr(proxies, "_newest", None)
    response = _refused(settings, {"HTTP_HOST": "agon.test", "HTTP_ORIGIN": "https://evil.test"})
    assert response.status_code == 403
    assert "evil.test" not in response.content.decode()
    assert not proxies.newest_fault()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"HTTP_X_FORWARDED_PROTO": "http"}, 308),
        ({}, 308),
        ({"HTTP_X_FORWARDED_PROTO": "https"}, 200),
        ({"HTTP_X_FORWARDED_FOR": "203.0.113.1"}, 200),  # a proxy that does not say: a redirect would go in a circle
    ],
)
def test_http_is_sent_on_to_https(settings, client, headers, status):
    settings.HTTPS = settings.BEHIND_PROXY = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    response = client.get("/login/?next=/x", **headers)
    assert response.status_code == status
    if status == 308:
        assert response["Location"] == "https://testserver/login/?next=/x"
    assert client.get("/healthz", **headers).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("given", ["BEHIND_PROXY", "HTTPS"])
def test_behind_a_proxy_nobody_is_this_machine(settings, client, given):
    setattr(settings, given, True)
    assert client.get("/metrics").status_code == 403
    settings.METRICS_TOKEN = "secret"
    assert client.get("/metrics", HTTP_AUTHORIZATION="Bearer secret").status_code == 200


def test_the_link_to_sign_in_has_the_address_that_people_use(settings):
    here = "http://127.0.0.1:8000/"
    settings.ALLOWED_HOSTS, settings.CSRF_TRUSTED_ORIGINS, settings.HTTPS = ["localhost", "agon.test"], [], False
    assert proxies.public_url(here) == here
    settings.HTTPS = True
    assert proxies.public_url(here) == "https://agon.test/"
    settings.CSRF_TRUSTED_ORIGINS = ["https://agon.test:8443"]
    assert proxies.public_url(here) == "https://agon.test:8443/"
    settings.ALLOWED_HOSTS, settings.CSRF_TRUSTED_ORIGINS = ["*", ".agon.test"], []
    assert proxies.public_url(here) == here


@pytest.mark.django_db
def test_a_strangers_words_are_never_on_readyz(settings, client, monkeypatch):
    monkeypatch.setattr(proxies, "_newest", None)
    settings.HTTPS = settings.BEHIND_PROXY = True
    settings.ALLOWED_HOSTS = ["*"]
    for headers in (
        {"HTTP_HOST": "agon.test", "HTTP_ORIGIN": "https://agon.test:666"},
        {"HTTP_HOST": "localhost:8000", "HTTP_ORIGIN": "https://buy-pills.test"},
        {"HTTP_HOST": "agon.test", "HTTP_X_FORWARDED_PROTO": "buy-pills"},
    ):
        proxies.refused(RequestFactory().post("/login/", **headers), "x")
        told = client.get("/readyz", HTTP_HOST="agon.test").content.decode()
        assert "proxy: does not fit the settings" in told
        assert not {word for word in ("666", "buy-pills") if word in told}


@pytest.mark.django_db
def test_readers_behind_a_bare_proxy_are_not_sent_to_an_address_of_this_machine(settings, client, monkeypatch):
    monkeypatch.setattr(proxies, "_newest", None)
    settings.HTTPS = settings.BEHIND_PROXY = True
    settings.ALLOWED_HOSTS = ["agon.test", "127.0.0.1"]
    assert client.get("/login/", HTTP_HOST="127.0.0.1:8000").status_code == 200
    told = client.get("/readyz", HTTP_HOST="127.0.0.1:8000").content.decode()
    assert "AGON_BEHIND_PROXY=true, and a request came as Host: 127.0.0.1 without X-Forwarded-Proto" in told
    assert "proxy_set_header Host $http_host" in told
    assert client.get("/login/", HTTP_HOST="agon.test").status_code == 308
