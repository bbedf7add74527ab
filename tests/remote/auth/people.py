"""A browser and the person before it, as a script."""

from __future__ import annotations

from collections.abc import Mapping
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from typing import NamedTuple
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin
from urllib.request import HTTPCookieProcessor, ProxyHandler, build_opener

_MAX_FORMS = 10


class Page(NamedTuple):
    """Where the browser has come to."""

    url: str
    status: int
    text: str


class Browser:
    """Follows redirects, keeps cookies, and fills in and posts each form that it comes to.

    Args:
        answers: What the person types into fields, by their names; others keep what they have.
    """

    def __init__(self, answers: Mapping[str, str] | None = None) -> None:
        self._answers = answers or {}
        self._opener = build_opener(ProxyHandler({}), HTTPCookieProcessor(CookieJar()))

    def visit(self, url: str) -> Page:
        """Go there, and on until there is nothing to fill in any more."""
        page = self._open(url, None)
        for _ in range(_MAX_FORMS):
            form = _Form(page.text)
            if form.action is None:
                return page
            typed = {name: text for name, text in self._answers.items() if name in form.fields}
            fields = {**form.fields, **typed}
            fields.pop("", None)
            page = self._open(urljoin(page.url, form.action), urlencode(fields).encode())
        raise AssertionError(f"too many forms, the last one at {page.url}")

    def _open(self, url: str, body: bytes | None) -> Page:
        try:
            with self._opener.open(url, body, timeout=20) as answer:
                return Page(answer.geturl(), answer.status, answer.read().decode())
        except HTTPError as error:
            with error:
                return Page(error.geturl() or url, error.code, error.read().decode())


class _Form(HTMLParser):
    """The first form of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.action: str | None = None
        self.fields: dict[str, str] = {}
        self._over = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and self.action is None:
            self.action = given.get("action", "")
        elif self.action is not None and not self._over and tag in ("input", "button"):
            self.fields[given.get("name", "")] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        self._over = self._over or tag == "form"
