"""Pages, and what stands in notebooks: the style that all of them have in common."""

from __future__ import annotations

from functools import cache
from typing import Final

from flytebind.looks._markup import Child, Markup, element, joined
from flytebind.looks._palette import DARK, LIGHT, TONES, variables

MONO: Final = 'ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace'
SANS: Final = 'system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",Ubuntu,sans-serif'

#: Where something says that it is dark or light, whatever the system wants: JupyterLab and what it
#: exports, VS Code, Colab.
_DARK_HOSTS: Final = (
    '[data-jp-theme-light="false"]',
    ".vscode-dark",
    ".vscode-high-contrast:not(.vscode-high-contrast-light)",
    "html[theme=dark]",
)
_LIGHT_HOSTS: Final = (
    '[data-jp-theme-light="true"]',
    ".vscode-light",
    ".vscode-high-contrast-light",
    "html[theme=light]",
)

#: Notebooks have rules of their own for links, tables and headings; these are more specific.
_RULES: Final = """
.flytebind{background:var(--fb-card);color:var(--fb-text);font:14px/1.5 %(sans)s;text-align:left;
border:1px solid var(--fb-line);border-radius:10px;margin:4px 0;overflow:hidden;
container-type:inline-size;max-width:1100px}
.flytebind *{box-sizing:border-box}
.flytebind a[href]{color:var(--fb-link);text-decoration:none}
.flytebind a[href]:hover,.flytebind a[href]:focus-visible{text-decoration:underline}
.flytebind :focus-visible{outline:2px solid var(--fb-link);outline-offset:1px}
.flytebind pre,.flytebind .fb-mono{font-family:%(mono)s;font-size:.93em;
background:none;color:inherit;border:0;padding:0}
.flytebind pre{margin:0;white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.45}
.flytebind .fb-head{display:flex;flex-wrap:wrap;gap:4px 12px;align-items:center;
padding:14px 18px 4px}
.flytebind .fb-title{font-size:1.15em;font-weight:600;overflow-wrap:anywhere;margin:0}
.flytebind .fb-title .fb-place{color:var(--fb-dim);font-weight:400}
.flytebind .fb-badge{display:inline-block;border-radius:99px;padding:0 9px;font-size:.78em;
font-weight:600;line-height:1.75;letter-spacing:.02em;white-space:nowrap}
.flytebind .fb-row .fb-badge{font-size:.75em}
.flytebind .fb-row .fb-badge.fb-good,.flytebind .fb-row .fb-badge.fb-idle{background:none;
padding:0;font-weight:500}
.flytebind .fb-facts{display:flex;flex-wrap:wrap;gap:4px 26px;margin:0;padding:4px 18px 14px}
.flytebind .fb-facts div{min-width:0}
.flytebind dl dt{color:var(--fb-dim);font-size:.8em;font-weight:400;margin:0;line-height:1.4}
.flytebind dl dd{margin:0;overflow-wrap:anywhere}
.flytebind section{border-top:1px solid var(--fb-line);padding:12px 18px 14px;margin:0}
.flytebind section h4{font-size:.8em;font-weight:600;color:var(--fb-dim);margin:0 0 8px;
text-transform:none;line-height:1.4}
.flytebind .fb-failure{background:var(--fb-on-bad);border-left:4px solid var(--fb-bad);
padding-left:14px}
.flytebind section.fb-failure h4{color:var(--fb-bad);font-size:.93em;margin-bottom:4px}
.flytebind .fb-failure .fb-said{font-weight:600}
.flytebind details{margin:0}
.flytebind summary{cursor:pointer}
.flytebind .fb-trace{margin-top:8px}
.flytebind .fb-trace>summary{color:var(--fb-link)}
.flytebind .fb-trace pre{background:var(--fb-card);border:1px solid var(--fb-line);
border-radius:6px;padding:10px 12px;margin-top:6px;max-height:32em;overflow:auto}
.flytebind .fb-sides{display:grid;grid-template-columns:1fr 1fr;gap:12px 34px}
.flytebind .fb-sides>div{min-width:0}
.flytebind .fb-values{display:grid;grid-template-columns:fit-content(40%%) minmax(0,1fr);
gap:3px 14px;margin:0}
.flytebind dl.fb-values dt{font:.93em %(mono)s;line-height:1.6;overflow-wrap:anywhere}
.flytebind dl.fb-values dd{font:.93em %(mono)s;line-height:1.6}
.flytebind .fb-none,.flytebind .fb-hint{color:var(--fb-dim);margin:0}
.flytebind .fb-row{display:grid;gap:0 12px;align-items:center;padding:2px 0;min-height:26px;
grid-template-columns:minmax(0,4fr) 104px 74px minmax(0,5fr)}
.flytebind .fb-row:hover{background:var(--fb-soft)}
.flytebind details>summary.fb-row{list-style:none}
.flytebind summary.fb-row::-webkit-details-marker{display:none}
.flytebind .fb-name{padding-left:calc(var(--fb-depth,0)*18px + 16px);overflow-wrap:anywhere;
position:relative;min-width:0;line-height:1.35}
.flytebind summary>.fb-name::before{content:"";position:absolute;
left:calc(var(--fb-depth,0)*18px + 3px);top:.42em;border:4px solid transparent;
border-left:6px solid var(--fb-dim)}
.flytebind details[open]>summary>.fb-name::before{transform:rotate(90deg);
transform-origin:2px 4px}
.flytebind .fb-name b{font-weight:600}
.flytebind .fb-what{color:var(--fb-dim)}
.flytebind .fb-remark{color:var(--fb-dim);font-size:.86em;white-space:nowrap}
.flytebind .fb-log{font-size:.86em;white-space:nowrap}
.flytebind .fb-error{display:block;color:var(--fb-bad);font-size:.93em;
padding-left:calc(var(--fb-depth,0)*18px + 16px);margin:0 0 4px}
.flytebind .fb-error .fb-trace{margin-top:0}
.flytebind .fb-error summary{color:var(--fb-bad)}
.flytebind .fb-error pre{color:var(--fb-text)}
.flytebind .fb-time{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap;
font-size:.93em}
.flytebind .fb-track{position:relative;height:18px;
background:repeating-linear-gradient(90deg,var(--fb-line) 0 1px,transparent 1px
var(--fb-step,100%%))}
.flytebind .fb-row.fb-top .fb-time{font-size:1em}
.flytebind .fb-axis{position:relative;height:18px;color:var(--fb-dim)}
.flytebind .fb-axis i{position:absolute;bottom:0;padding-left:4px;font-style:normal;
white-space:nowrap;border-left:1px solid var(--fb-line);line-height:16px}
.flytebind .fb-row.fb-top{color:var(--fb-dim);font-size:.8em;background:none;
border-bottom:1px solid var(--fb-line);margin-bottom:3px;padding-bottom:0}
.flytebind .fb-bar{position:absolute;top:4px;height:10px;border-radius:3px;min-width:3px}
.flytebind .fb-queued{border:1px solid var(--fb-idle);background:var(--fb-card);top:6px;
height:6px;border-right:0;border-radius:3px 0 0 3px}
.flytebind .fb-overhead{color:var(--fb-idle);background:repeating-linear-gradient(135deg,
currentColor 0 1.5px,var(--fb-card) 1.5px 4px)}
.flytebind .fb-solid{box-shadow:1px 0 0 var(--fb-card),-1px 0 0 var(--fb-card)}
.flytebind .fb-inside{box-shadow:none;top:8px;height:2px;border-radius:0}
.flytebind .fb-busy-area{position:absolute;inset:1px 0;width:100%%;height:16px}
.flytebind .fb-legend{display:flex;flex-wrap:wrap;gap:2px 16px;color:var(--fb-dim);
font-size:.8em;margin:8px 0 0}
.flytebind .fb-legend span{display:inline-flex;align-items:center;gap:6px}
.flytebind .fb-legend i{position:static;display:inline-block;width:20px}
.flytebind .fb-scroll{overflow-x:auto}
.flytebind table{color:var(--fb-text);border-collapse:collapse;width:100%%;margin:0;
font-size:1em;border:0;table-layout:auto}
.flytebind table tr{background:none!important}
.flytebind table tbody tr:hover{background:var(--fb-soft)!important}
.flytebind table th,.flytebind table td{text-align:left;padding:5px 18px 5px 0;border:0;
vertical-align:top;white-space:nowrap;color:inherit}
.flytebind table td.fb-wide{white-space:normal;overflow-wrap:anywhere;min-width:9em}
.flytebind table th{color:var(--fb-dim);font-size:.8em;font-weight:400;
border-bottom:1px solid var(--fb-line)}
.flytebind table td.fb-number{text-align:right;font-variant-numeric:tabular-nums}
.flytebind .fb-tree{padding:12px 18px;overflow-x:auto;white-space:pre;overflow-wrap:normal}
@container (max-width:640px){
.flytebind table thead{display:none}
.flytebind table tr{display:flex;flex-wrap:wrap;gap:1px 14px;padding:7px 0;align-items:baseline;
border-bottom:1px solid var(--fb-line)}
.flytebind table tr:last-child{border:0}
.flytebind table td{padding:0;white-space:normal;overflow-wrap:anywhere}
.flytebind table td.fb-wide{flex-basis:100%%}
.flytebind table td:empty{display:none}
.flytebind .fb-row>.fb-track:empty{display:none}
.flytebind .fb-sides{grid-template-columns:minmax(0,1fr)}
.flytebind .fb-row{grid-template-columns:minmax(0,1fr) auto 70px;padding:5px 0}
.flytebind .fb-row>.fb-track,.flytebind .fb-row>.fb-axis{grid-column:1/-1;margin-left:16px}
.flytebind .fb-name{padding-left:calc(var(--fb-depth,0)*10px + 16px)}
.flytebind summary>.fb-name::before{left:calc(var(--fb-depth,0)*10px + 3px)}
.flytebind .fb-error{padding-left:calc(var(--fb-depth,0)*10px + 16px)}
.flytebind section,.flytebind .fb-head,.flytebind .fb-facts{padding-left:13px;
padding-right:13px}
.flytebind .fb-failure{padding-left:10px}
}
"""

_PAGE_RULES: Final = """
html{background:var(--fb-soft);color-scheme:light dark}
body{margin:0 auto;padding:18px;max-width:1100px;background:var(--fb-soft);color:var(--fb-text);
font:14px/1.5 %(sans)s}
@media (max-width:640px){body{padding:8px}}
@media print{.flytebind{break-inside:avoid}}
"""


def fragment(*content: Child) -> Markup:
    """What a notebook shows: a box with a style of its own."""
    return joined(element("style", style()), box(*content))


def box(*content: Child) -> Markup:
    """A box, for pages that have the style already."""
    return element("div", *content, class_="flytebind")


def page(title: str, *content: Child, head: Child = None) -> str:
    """A page that stands for itself: no script, nothing from elsewhere.

    Args:
        title: What its window is called.
        content: What is in it: one box.
        head: What else the head has.
    """
    return document(title, box(*content), head=head)


def document(title: str, *body: Child, head: Child = None) -> str:
    """A page with the style of all boxes, whatever is in it.

    Args:
        title: What its window is called.
        body: What is in it.
        head: What else the head has.
    """
    return "<!doctype html>\n" + element(
        "html",
        element(
            "head",
            element("meta", charset="utf-8"),
            element("meta", name="viewport", content="width=device-width, initial-scale=1"),
            element("title", title),
            element("style", joined(style(), Markup(_compact(_PAGE_RULES)))),
            head,
        ),
        element("body", *body),
        lang="en",
        class_="fb-page",
    )


@cache
def style() -> Markup:
    """The style of all boxes, as CSS."""
    tones = "".join(
        f".flytebind .fb-{tone}{{color:var(--fb-{tone})}}"
        f".flytebind .fb-badge.fb-{tone}{{background:var(--fb-on-{tone})}}"
        f".flytebind .fb-solid.fb-{tone}{{background:var(--fb-{tone})}}"
        for tone in TONES
    )
    return Markup(themes(".flytebind,.fb-page", ".flytebind") + _compact(_RULES) + tones)


def themes(plain: str, below: str) -> str:
    """The colours as CSS, light and dark.

    Args:
        plain: What has them, as the system wants them.
        below: What has them below something that says whether it is light or dark.
    """
    light, dark = variables(LIGHT), variables(DARK)
    return (
        f"{plain}{{{light}color-scheme:light}}"
        f"@media (prefers-color-scheme:dark){{{plain}{{{dark}color-scheme:dark}}}}"
        f"{_each(_LIGHT_HOSTS, below)}{{{light}color-scheme:light}}"
        f"{_each(_DARK_HOSTS, below)}{{{dark}color-scheme:dark}}"
    )


def _each(hosts: tuple[str, ...], below: str) -> str:
    return ",".join(f"{host} {below}" for host in hosts)


def _compact(rules: str) -> str:
    return (rules % {"sans": SANS, "mono": MONO}).replace("\n", " ").strip()
