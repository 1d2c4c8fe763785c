"""Whatever goes wrong has one shape, names the value, and is never a 500."""

import pytest
from django.test import RequestFactory
from rest_framework.exceptions import ValidationError

from arena.api.problems import exception_handler, server_error
from tests.arena.api.programs import make_program
from tests.factories import make_arena

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _arena(db):
    make_arena("garden", content_visibility="public")


def assert_problem(response, status):
    assert (response.status_code, response["Content-Type"]) == (status, "application/problem+json")
    body = response.json()
    assert (body["status"], body["type"], body["instance"]) == (status, "about:blank", response.wsgi_request.path)
    assert body["title"]
    assert body["detail"]
    return body


@pytest.mark.parametrize(
    "path",
    [
        "nothing/", "nothing", "arenas/no-such/", "battles/abc/", "battles/0/", "battles/99999999999999999999999/",
        "battles/" + "9" * 5000 + "/", "leaderboards/no-such/", "snapshots/0123456789abcdef/", "prompts/1/extra/",
        "leaderboards/a%00b/", "battles/?arena=no-such", "..%2f", "snapshots/a%0Ab/", "snapshots/a%0A", "schema/extra/",
    ],
)  # fmt: skip
def test_what_is_not_there_is_404(client, path):
    assert_problem(client.get(f"/api/v1/{path}"), 404)


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("limit=0", "limit"), ("limit=-1", "limit"), ("limit=501", "limit"), ("limit=ten", "limit"), ("limit=", "limit"),
        ("limit=1.0", "limit"), ("limit=%EF%BC%91", "limit"), ("cursor=x", "cursor"), ("cursor=-5", "cursor"),
        ("cursor=99999999999999999999", "cursor"), ("cursor=%00", "cursor"), ("prompt=x", "prompt"), ("prompt=0", "prompt"),
        ("prompt=99999999999999999999", "prompt"), ("prompt=" + "9" * 5000, "prompt"), ("prompt=1%00", "prompt"),
        ("prompt=%25x", "prompt"),
        ("competitor=%00", "competitor"), ("category=a%00b", "category"), ("language=" + "x" * 17, "language"),
        ("arena=%00", "arena"), ("arena=a%20b", "arena"), ("arena=", "arena"), ("format=xml", "format"), ("format=", "format"),
        ("categry=coding", "categry"), ("category=", "category"), ("prompt=", "prompt"), ("prompt=1&prompt=", "prompt"),
    ],
)  # fmt: skip
def test_a_wrong_parameter_is_named(client, query, name):
    body = assert_problem(client.get(f"/api/v1/battles/?{query}"), 400)
    assert list(body["errors"]) == [name]
    assert name in body["detail"]


@pytest.mark.parametrize("status", ["burnt", ""])
def test_a_status_that_there_is_not_is_refused(client, status):
    assert_problem(client.get(f"/api/v1/prompts/?status={status}"), 400)


def test_a_misspelt_parameter_is_told_the_right_ones(client):
    body = client.get("/api/v1/battles/?categry=coding").json()
    assert "category" in body["errors"]["categry"][0]


@pytest.mark.parametrize("path", ["arenas/", "battles/1/", "leaderboards/garden/?format=csv", "nothing/"])
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
def test_nobody_can_write(client, path, method):
    response = getattr(client, method)(f"/api/v1/{path}", {}, content_type="application/json")
    takes_post = method == "post" and path == "arenas/"
    assert_problem(response, 404 if path == "nothing/" else 401 if takes_post else 405)


def test_a_media_type_that_is_not_there_is_406(client):
    assert_problem(client.get("/api/v1/arenas/", headers={"accept": "application/xml"}), 406)


def test_an_error_is_a_problem_also_where_csv_was_asked_for(client):
    assert_problem(client.get("/api/v1/leaderboards/no-such/?format=csv"), 404)


@pytest.mark.usefixtures("still_clock")
def test_too_many_requests_are_told_when_to_come_back(client, settings):
    settings.API_LIMITS = {"read": 2}
    for _ in range(2):
        assert client.get("/api/v1/arenas/").status_code == 200
    response = client.get("/api/v1/arenas/")
    assert_problem(response, 429)
    assert 0 < int(response["Retry-After"]) <= 60


def test_an_address_without_its_last_slash_is_sent_on_with_its_parameters(client):
    response = client.get("/api/v1/prompts?category=a%2Fb&limit=3")
    assert (response.status_code, response["Location"]) == (301, "/api/v1/prompts/?category=a%2Fb&limit=3")


def test_what_nobody_foresaw_is_a_problem_for_programs_and_a_page_for_people():
    for_programs = server_error(RequestFactory().get("/api/v1/arenas/"))
    assert (for_programs.status_code, for_programs["Content-Type"]) == (500, "application/problem+json")
    for_people = server_error(RequestFactory().get("/arenas/garden/"))
    assert (for_people.status_code, for_people["Content-Type"]) == (500, "text/html; charset=utf-8")


def test_the_documentation_names_every_address(client):
    page = client.get("/api/v1/").content.decode()
    for path in ("arenas", "competitors", "prompts", "responses", "battles", "leaderboards", "snapshots"):
        assert f"/api/v1/{path}/" in page
    assert "entries[].rank_low" in page
    assert "rows[].competitor" in page
    assert "Idempotency-Key" in page
    assert "Authorization: Bearer" in page
    assert "curl" in page


def test_the_schema_is_given_as_json_and_yaml(client):
    assert client.get("/api/v1/schema/?format=json").json()["openapi"].startswith("3.")
    assert client.get("/api/v1/schema/").content.startswith(b"openapi: 3.")


def test_the_schema_tells_which_bodies_are_needed_and_which_headers_come(client):
    paths = client.get("/api/v1/schema/?format=json").json()["paths"]
    made, resumed, read = (
        paths["/api/v1/webhooks/"]["post"], paths["/api/v1/runs/{id}/resume/"]["post"], paths["/api/v1/runs/"]["get"],
    )  # fmt: skip
    assert (made["requestBody"]["required"], resumed["requestBody"].get("required", False)) == (True, False)
    assert {"Location", "Idempotency-Replayed", "RateLimit"} <= set(made["responses"]["201"]["headers"])
    assert set(made["responses"]["503"]["headers"]) == set(read["responses"]["429"]["headers"]) == {"Retry-After"}
    assert "ETag" in read["responses"]["200"]["headers"]


def test_the_schema_calls_what_each_writing_takes_by_its_own_name(client):
    paths = client.get("/api/v1/schema/?format=json").json()["paths"]
    assert "A stored competitor stays as it is" in paths["/api/v1/competitors/"]["post"]["description"]
    assert "vote" not in paths["/api/v1/competitors/"]["post"]["description"]


@pytest.mark.parametrize("name", ["version", "lang", "format"])
@pytest.mark.parametrize("said", ["%0d%0aX: y", "%0a", "%00", "a%22;filename=%22evil.html", "2", "xx", "%ff"])
def test_no_parameter_of_the_schema_gets_into_a_header(client, name, said):
    response = client.get(f"/api/v1/schema/?{name}={said}")
    assert response.status_code in {400, 404}
    assert "evil" not in response.headers.get("Content-Disposition", "")


def test_a_list_asked_for_with_a_line_break_is_no_failure(client):
    assert client.get("/api/v1/arenas/?format=%0d%0aX").status_code in {400, 404}
    assert client.get("/api/v1/arenas%0d%0aX").status_code == 404


BODIES = {
    "no JSON": (b"{,}", "The body is not JSON from line 1, character 2 on."),
    "a number of many digits": (b'{"a": ' + b"9" * 5_000 + b"}", "The body is not JSON: a number in it has too many digits."),
    "a name twice": (b'{"a": 1, "a": 2}', "The body is not JSON: the name 'a' stands more than once in an object."),
}


@pytest.mark.parametrize("name", BODIES)
def test_what_is_wrong_with_a_body_is_a_sentence_of_ours(name):
    body, detail = BODIES[name]
    response = make_program().post("/api/v1/votes/", body, content_type="application/json")
    assert assert_problem(response, 400)["detail"] == detail


def test_a_form_whose_parts_cannot_be_read_is_refused_in_a_sentence_of_ours():
    path, kind = "/api/v1/arenas/garden/imports/", "multipart/form-data; boundary=\u00fc"
    body = assert_problem(make_program().post(path, b"x", content_type=kind), 400)
    assert body["detail"] == "The body is no multipart/form-data: its parts or their boundary cannot be read."


@pytest.mark.parametrize("error", [ValidationError("Wrong."), ValidationError(["Wrong."])])
def test_a_list_of_messages_is_told_as_text(error):
    request = RequestFactory().get("/api/v1/votes/")
    assert exception_handler(error, {"request": request, "view": None}).data["detail"] == "Wrong."
