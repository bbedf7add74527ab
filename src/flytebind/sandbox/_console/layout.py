"""What all pages look like."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Final

from flytebind.looks._markup import Child, Markup, element, joined
from flytebind.looks._page import document
from flytebind.sandbox._reply import Reply

#: How often pages are looked at again.
_SECONDS: Final = 2

_STYLE: Final = """
body{max-width:none;padding:0;font-size:15px;overflow-wrap:anywhere}
body>header,main{max-width:1140px;margin:0 auto;padding:14px 20px}
main{padding-top:0}
.flytebind{max-width:none}
h1{font-size:1.4em;line-height:1.3;margin:0 0 14px}
a{color:var(--fb-link);text-decoration:none}
a:hover,a:focus-visible{text-decoration:underline}
:focus-visible{outline:2px solid var(--fb-link);outline-offset:2px;border-radius:3px}
header>a{font-weight:700;color:inherit}
header,.crumbs,.note{color:var(--fb-dim)}
.crumbs{margin:0 0 10px}
.chips{display:flex;flex-wrap:wrap;gap:8px;margin:0 0 14px;padding:0;list-style:none}
.chips a{display:block;padding:4px 13px;border:1px solid var(--fb-line);border-radius:99px;
background:var(--fb-card)}
.chips a[aria-current]{border-color:var(--fb-link);background:var(--fb-on-busy);font-weight:600}
.flytebind .list th,.flytebind .list td{padding:9px 18px;border-bottom:1px solid var(--fb-line)}
.flytebind .list tr:last-child td{border-bottom:0}
.flytebind .list td:first-child{white-space:normal;width:100%}
.flytebind .list td .note{font-size:.9em}
.flytebind .list .error{color:var(--fb-bad)}
.flytebind .list .number{text-align:right}
.flytebind .list td.number,.flytebind .list td.time{font-variant-numeric:tabular-nums}
.flytebind .empty{margin:0;padding:40px 18px;text-align:center;color:var(--fb-dim)}
.pages{display:flex;gap:20px;justify-content:center;margin:14px 0 0}
.gone{position:sticky;bottom:0;margin:0;padding:10px 20px;text-align:center;
background:var(--fb-on-warn);color:var(--fb-warn);border-top:1px solid var(--fb-line)}
@media (max-width:640px){
body>header,main{padding:12px}
main{padding-top:0}
.flytebind .list,.flytebind .list tbody{display:block}
.flytebind .list thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.flytebind .list tr{display:flex;flex-wrap:wrap;gap:4px 12px;padding:11px 13px;
border-bottom:1px solid var(--fb-line)}
.flytebind .list tr:last-child{border-bottom:0}
.flytebind .list td{padding:0;border:0;font-size:.93em}
.flytebind .list td:first-child{font-size:1em}
.flytebind .list td.number{margin-left:auto}
}
"""

# What people have opened, and where they read, stays as it is.
_SCRIPT = f"""
const look = async () => {{
  const gone = document.querySelector(".gone");
  try {{
    const main = document.querySelector("main");
    if (document.hidden || !("refresh" in main.dataset) || !getSelection().isCollapsed) return;
    const answer = await fetch(location.href, {{cache: "no-store"}});
    if (!answer.ok) throw new Error(answer.statusText);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const next = page.querySelector("main");
    const open = [...main.querySelectorAll("details")].map((each) => each.open);
    const now = [...next.querySelectorAll("details")];
    if (open.length === now.length) now.forEach((each, place) => {{ each.open = open[place]; }});
    gone.hidden = true;
    if (main.outerHTML === next.outerHTML) return;
    const focused = document.activeElement.href;
    document.title = page.title;
    main.replaceWith(next);
    if (focused) [...next.querySelectorAll("a")].find((each) => each.href === focused)?.focus();
  }} catch {{
    gone.hidden = false;
  }} finally {{
    setTimeout(look, {_SECONDS * 1000});
  }}
}};
setTimeout(look, {_SECONDS * 1000});
"""

_SCRIPT_HASH = base64.b64encode(hashlib.sha256(_SCRIPT.encode()).digest()).decode()

#: Nothing from elsewhere is loaded or run, nobody else frames or reads a page, and none is kept.
HEADERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Content-Security-Policy": (
            f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{_SCRIPT_HASH}';"
            " connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none';"
            " frame-ancestors 'none'"
        ),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
)


def page(
    title: str,
    *content: Child,
    root: str = "",
    refreshes: bool = False,
    status: int = HTTPStatus.OK,
    headers: Mapping[str, str] | None = None,
) -> Reply:
    """A page.

    Args:
        title: Of the window.
        content: What it is about.
        root: The address of the first page; without one, nothing leads there.
        refreshes: Whether it may change, so that it is to be looked at again and again.
        status: Of HTTP.
        headers: Those that it has beside the ones of all pages.
    """
    head = joined(
        Markup('<link rel="icon" href="data:,">'),  # or browsers would ask for one
        element("style", Markup(_STYLE)),
        element("noscript", _again()) if refreshes else None,
    )
    name: Child = "flytebind sandbox"
    html = document(
        f"{title} · flytebind sandbox",
        element("header", anchor(root, name) if root else name),
        element("main", *content, data_refresh=refreshes),
        element("p", "The sandbox does not answer any more.", class_="gone", hidden=True),
        element("script", Markup(_SCRIPT)) if refreshes else None,
        head=head,
    )
    kind = {"Content-Type": "text/html; charset=utf-8"}
    return Reply(status, {**HEADERS, **kind, **(headers or {})}, html.encode(errors="replace"))


def trouble(
    status: HTTPStatus, why: str, root: str = "", headers: Mapping[str, str] | None = None
) -> Reply:
    """A page that says what is wrong."""
    content = element("h1", f"{status.value} {status.phrase}"), element("p", why)
    return page(status.phrase, *content, root=root, status=status, headers=headers)


def plain(text: str) -> Reply:
    """Text that is no page."""
    kind = {"Content-Type": "text/plain; charset=utf-8"}
    return Reply(HTTPStatus.OK, {**HEADERS, **kind}, text.encode(errors="replace"))


def anchor(href: str, *children: Child, **attributes: str | bool | None) -> Markup:
    """A link to another page of the console."""
    return element("a", *children, href=href, **attributes)


def crumbs(*steps: Child) -> Markup:
    """The way that leads to a page."""
    parts = [part for step in steps for part in (" / ", step)][1:]
    return element("nav", *parts, class_="crumbs", aria_label="Breadcrumb")


def _again() -> Markup:
    """What has browsers load a page once more."""
    return element("meta", http_equiv="refresh", content=str(_SECONDS))
