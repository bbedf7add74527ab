"""HTML as a strict reader sees it: every element ends, and nothing is run or asked for."""

from __future__ import annotations

from html.parser import HTMLParser

_VOID = {"br", "hr", "meta", "link"}
#: What makes a page ask elsewhere, or run something.
_ACTIVE = {"script", "iframe", "object", "embed", "img", "link", "base", "form", "audio", "video"}


class Page(HTMLParser):
    """What a page says, and where it leads."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text: list[str] = []
        """What is shown, in pieces."""
        self.links: list[str] = []
        self.titles: list[str] = []
        """What is shown when somebody points at something."""
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == [], f"never ended: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in _ACTIVE, tag
        found = dict(attrs)
        assert len(found) == len(attrs), f"twice in <{tag}>: {attrs}"
        assert not [name for name in found if name.startswith("on")], attrs
        assert "url(" not in (found.get("style") or "")
        if "href" in found:
            self.links.append(found["href"] or "")
        if title := found.get("title"):
            self.titles.append(title)
        if tag not in _VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open[-1:] == [tag], f"</{tag}> ends nothing"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] == "style":
            assert "@import" not in data
            assert "url(" not in data.replace("url(#", "")
        elif data.strip():
            self.text.append(data.strip())

    def handle_decl(self, decl: str) -> None:
        assert decl == "doctype html"

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")
