"""What can be run as HTML."""

from __future__ import annotations

from collections.abc import Mapping

from flytebind.looks._lanes_html import title
from flytebind.looks._markup import Child, Markup, element, joined
from flytebind.looks._page import fragment

#: Its name leads there.
_CONSOLE = "console"


def as_html(
    kind: str,
    name: str,
    facts: Mapping[str, str],
    inputs: Mapping[str, str],
    outputs: Mapping[str, str],
) -> Markup:
    """A task, a workflow or a launch plan as a notebook shows it.

    Args:
        kind: What it is.
        name: What it is called.
        facts: What else there is to say, by name.
        inputs: What it takes: by name, the type and the default.
        outputs: What it gives, by name.
    """
    told = [
        element("div", element("dt", fact), element("dd", value))
        for fact, value in facts.items()
        if value and fact != _CONSOLE
    ]
    sides = element("div", _side("Inputs", inputs), _side("Outputs", outputs), class_="fb-sides")
    return fragment(
        element(
            "div",
            title(name, facts.get(_CONSOLE, "")),
            element("span", kind, class_="fb-remark"),
            class_="fb-head",
        ),
        element("dl", *told, class_="fb-facts"),
        element("section", sides),
    )


def _side(heading: str, declared: Mapping[str, str]) -> Markup:
    shown: Child = element("p", "none", class_="fb-none")
    if declared:
        pairs = (
            joined(element("dt", name), element("dd", each)) for name, each in declared.items()
        )
        shown = element("dl", *pairs, class_="fb-values")
    return element("div", element("h4", heading), shown)
