"""Every link and every button that a reader is shown leads somewhere: nobody meets a 404, a 500 or a page that complains."""

import os
import re
import subprocess
import sys
from collections import Counter, deque
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urldefrag, urljoin, urlsplit

import pytest
from django.utils import translation
from playwright.sync_api import BrowserContext

from tests.browser.conftest import ROOT

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
A_SHAPE = 2  # pages of one shape that are opened
HIDDEN = ("Hidden for now", "You have this pair open: vote first")  # a battle whose prompt came up in a ballot meanwhile
LANGUAGES = {"": "fr", "ann": "es", "root": "de"}  # in which each reader's pages are drawn: they need more room than English
NEVER = re.compile(r"/logout/|/delete/|/enter/|/jsi18n/")
TOO_WIDE = """["ltr", "rtl"].filter(direction => {
  document.documentElement.dir = direction
  return document.documentElement.scrollWidth > innerWidth
})"""
BATTLES = "question_id,model_a,model_b,winner,judge\n" + "".join(
    f"q{n},{a},{b},{winner},u{n % 3}\n"
    for n, (a, b, winner) in enumerate([("ann", "bob", "model_a"), ("bob", "cy", "tie"), ("cy", "ann", "model_b")] * 20)
)


@dataclass
class Form:
    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class Seen(HTMLParser):
    """The links and forms of one page, filled in as a reader finds them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.forms: list[Form] = []
        self._by_id: dict[str, Form] = {}
        self._select = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag == "form":
            self.forms.append(Form(given.get("action", ""), given.get("method", "get").lower()))
            self._by_id[given.get("id", "")] = self.forms[-1]
        elif "disabled" not in given and (
            form := self._by_id.get(given["form"]) if "form" in given else (self.forms or [None])[-1]
        ):
            self._fill(form, tag, given)

    def _fill(self, form, tag, given):
        name, kind = given.get("name", ""), given.get("type", "text")
        if tag == "button" or (tag == "input" and kind == "submit"):
            form.buttons.append((name, given.get("value", "")))
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and ("selected" in given or self._select not in form.fields):
            form.fields[self._select] = given.get("value", "")
        elif tag == "textarea" or (tag == "input" and kind not in {"checkbox", "radio", "file"}):
            form.fields[name] = given.get("value", "")
        elif tag == "input" and kind in {"checkbox", "radio"} and "checked" in given:
            form.fields[name] = given.get("value", "on")


def shape(url: str) -> str:
    """Pages that differ by a number, a key or the values of their filters are of one shape.

    So are all pages of one address with several filters at once: a list of the admin with five filters and an order has
    64 combinations.
    """
    parts = urlsplit(url)
    path = re.sub(r"/[0-9a-f]{12,}(?=/|$)", "/KEY", re.sub(r"/\d+(?=/|\.|$)", "/N", parts.path))
    names = sorted({name for name, _ in parse_qsl(parts.query)})
    return path + "?" + (names[0] if len(names) == 1 else "several" if names else "")


def is_hidden(status: int, html: str) -> bool:
    """A battle that is hidden until a vote is cast says so: no broken link. The crawler opens the page for votes."""
    return status == 404 and any(f"<h1>{heading}</h1>" in html for heading in hidden_headings())


@cache
def hidden_headings() -> list[str]:
    headings = []
    for language in ("en", *LANGUAGES.values()):
        with translation.override(language):
            headings += map(translation.gettext, HIDDEN)
    return headings


def crawl(context: BrowserContext, site: str, start: list[str]) -> tuple[list[str], list[tuple[str, Form]], dict[str, str]]:
    """What was answered with an error, the forms that were seen, and one page of each shape."""
    waiting, n_of_shape, broken, forms, pages = deque(urljoin(site, path) for path in start), Counter(), [], {}, {}
    came_from: dict[str, str] = {}
    while waiting:
        url = waiting.popleft()
        if n_of_shape[shape(url)] >= A_SHAPE:
            continue
        n_of_shape[shape(url)] += 1
        answer = context.request.get(url, max_redirects=5)
        if answer.status >= 400 and not is_hidden(answer.status, answer.text()):
            broken.append(f"{answer.status} {url} (linked on {came_from.get(url)})")
            continue
        if "text/html" not in answer.headers.get("content-type", ""):
            continue
        pages.setdefault(shape(url), url)
        seen = Seen(answer.text())
        for form in seen.forms:
            forms.setdefault((shape(urljoin(answer.url, form.action)), form.method, str(form.buttons)), (answer.url, form))
        for link in seen.links:
            target = urldefrag(urljoin(answer.url, link))[0]
            if target.startswith(site) and not NEVER.search(target) and target not in came_from:
                came_from[target] = url
                waiting.append(target)
    return broken, [*forms.values()], pages


def press_everything(context: BrowserContext, forms: list[tuple[str, Form]]) -> list[str]:
    """Each form is sent once by each of its buttons, as it stands."""
    broken = []
    for page, form in forms:
        target = urljoin(page, form.action)
        if NEVER.search(target):
            continue
        fresh = next((one for one in Seen(context.request.get(page).text()).forms if one.action == form.action), form)
        for name, value in fresh.buttons or [("", "")]:
            sent = {key: text for key, text in fresh.fields.items() if key} | ({name: value} if name else {})
            send = context.request.post if form.method == "post" else context.request.get
            more = {"form": sent, "headers": {"Referer": page}} if form.method == "post" else {"params": sent}
            answer = send(target, max_redirects=5, **more)
            if answer.status >= 500 or (answer.status == 404 and not is_hidden(404, answer.text())):
                broken.append(f"{answer.status} {form.method} {target} by {name}={value} (on {page})")
    return broken


def looked_at(context: BrowserContext, pages: dict[str, str], language: str) -> list[str]:
    """One page of each shape, drawn on a phone in that language: what the browser complains of, and what is too wide.

    Nor may it be in a language that is written from right to left.
    """
    complaints, hidden, page = [], set(), context.new_page()
    page.set_viewport_size({"width": 375, "height": 800})
    page.set_extra_http_headers({"Accept-Language": language})
    page.on("console", lambda message: complaints.append((page.url, message.text)) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append((page.url, str(error))))
    for url in pages.values():
        answer = page.goto(url)
        if is_hidden(answer.status, page.content()):
            hidden.add(page.url)  # that it is not found may be reported while the next page is opened
        complaints += [(page.url, f"too wide, {direction}") for direction in page.evaluate(TOO_WIDE)]
    page.close()
    return [f"{url}: {text}" for url, text in complaints if url not in hidden]


@pytest.fixture(scope="module")
def filled_site(site, tmp_path_factory):
    """The demo with an arena of battles that came without texts, and an annotator."""
    url, log = site
    file = tmp_path_factory.mktemp("battles") / "battles.csv"
    file.write_text(BATTLES)
    environment = os.environ | {"AGON_DATA_DIR": str(log.parent / "data"), "DATABASE_URL": "", "CELERY_BROKER_URL": ""}
    people = (
        "from django.contrib.auth.models import User;"
        "User.objects.create_user('ann', password='a long password');"
        "User.objects.create_superuser('root', password='a long password')"
    )
    for command in (
        ["import_battles", str(file), "--format", "chatbot-arena", "--arena", "big"],
        ["shell", "-v0", "-c", people],
    ):
        subprocess.run(
            [sys.executable, "manage.py", *command], cwd=ROOT, env=environment, check=True, capture_output=True, timeout=120
        )
    return url, log


def visitor(browser, site: str, name: str) -> BrowserContext:
    context = browser.new_context(base_url=site)
    if name:
        page = context.new_page()
        page.goto("/login/")
        page.fill("input[name=username]", name)
        page.fill("input[name=password]", "a long password")
        page.click("main button[type=submit]")
        page.wait_for_url(lambda url: "/login/" not in url)
        page.close()
    return context


@pytest.mark.parametrize("name", ["", "ann", "root"])
def test_every_link_and_button_leads_somewhere(browser, filled_site, name):
    site, log = filled_site
    context = visitor(browser, site, name)
    start = ["/", "/arenas/sample/", *(["/arenas/big/", "/arenas/big/vote/", "/admin/"] if name == "root" else [])]
    broken, forms, pages = crawl(context, site, start)
    assert broken == []
    assert looked_at(context, pages, LANGUAGES[name]) == []
    assert press_everything(context, forms) == []
    assert "Traceback" not in log.read_text()
    assert len(pages) > (60 if name == "root" else 12)
    context.close()
