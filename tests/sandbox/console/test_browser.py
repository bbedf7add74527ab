"""The console in a real browser."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from flytebind.sandbox import Sandbox
from flytebind.services.admin import AdminServiceClient
from tests.sandbox import runs
from tests.sandbox.console import hostile
from tests.sandbox.console.looking import faults, said, screen, shown, until
from tests.sandbox.runs import NodePhase, WorkflowPhase
from tests.sandbox.support import DOMAIN, PROJECT

EXECUTIONS = f"projects/{PROJECT}/domains/{DOMAIN}/executions"


@pytest.fixture(scope="module")
def pages() -> Iterator[list[str]]:
    """The addresses of pages of all kinds."""
    with Sandbox() as sandbox:
        engine = sandbox.engine(math.inf)
        names = {
            script: engine.launch(script).name
            for script in ("failure", "retries", "launch_plan", "dynamic", "fan_out", "map")
        }
        assert engine.wait_idle(60)
        waiting = engine.launch("gate").name
        found = ["", *(f"/{EXECUTIONS}/{name}" for name in (*names.values(), waiting))]
        found += [f"/{EXECUTIONS}/{names['failure']}/nodeId/n2/nodes", "/nosuch"]
        yield [f"{sandbox.console_url}{path}" for path in found]


def test_from_the_list_to_the_log_of_what_failed(browser: Chrome, sandbox: Sandbox) -> None:
    engine = sandbox.engine(math.inf)
    engine.launch("chain")
    name = engine.launch("failure").name
    assert engine.wait_idle(60)
    browser.get(sandbox.console_url)
    (row,) = (each for each in browser.find_elements(By.TAG_NAME, "tr") if name in each.text)
    assert "FAILED" in row.text
    assert "the column 'age' holds text in 3 of them" in row.text
    row.find_element(By.LINK_TEXT, name).click()
    until(browser, lambda _: "Failed first: node n2 (play.validate)" in shown(browser))
    (node,) = (
        row for row in browser.find_elements(By.CLASS_NAME, "fb-row") if row.text.startswith("n2 ")
    )
    assert "FAILED" in node.text
    here = browser.current_window_handle
    node.find_element(By.LINK_TEXT, "logs").click()
    until(browser, lambda _: len(browser.window_handles) == 2)
    (log,) = set(browser.window_handles) - {here}
    browser.switch_to.window(log)
    assert "attempt 1 at play.validate v1 is asked for" in shown(browser)
    browser.close()
    browser.switch_to.window(here)
    assert said(browser) == []


def test_a_page_follows_what_goes_on_and_stays_where_it_was(
    browser: Chrome, sandbox: Sandbox, client: AdminServiceClient
) -> None:
    runs.register(client)
    id = runs.create(client)
    runs.send(client, WorkflowPhase.RUNNING)
    with screen(browser, 390, "light"):
        browser.set_window_size(390, 300)
        browser.get(f"{sandbox.console_url}/{EXECUTIONS}/{id.name}")
        browser.execute_script("document.body.style.height = '2000px'; scrollTo(0, 50)")
        assert "n0" not in shown(browser)
        runs.send_node(client, runs.node_event("n0", NodePhase.RUNNING))
        until(browser, lambda _: "n0" in shown(browser))
        assert browser.execute_script("return scrollY") == 50
        runs.send_node(client, runs.node_event("n0", NodePhase.SUCCEEDED, 1))
        runs.send(client, WorkflowPhase.SUCCEEDED, 2)
        until(browser, lambda _: f"{id.name} SUCCEEDED" in browser.title)
        assert browser.execute_script("return document.body.style.height") == "2000px"
    browser.get(sandbox.console_url)
    sandbox.stop()
    until(browser, lambda _: "does not answer any more" in shown(browser))
    assert all("CONNECTION_REFUSED" in each for each in said(browser))


def test_hostile_names_and_errors_are_shown_and_do_nothing(
    browser: Chrome, sandbox: Sandbox, client: AdminServiceClient
) -> None:
    id = hostile.tell(client)
    for path in ("", f"/{EXECUTIONS}/{id.name}"):
        browser.get(f"{sandbox.console_url}{path}")
        assert hostile.TEXT in shown(browser)
        assert "hurt" not in browser.title
        assert not browser.find_elements(By.TAG_NAME, "img")
        assert all(
            (link.get_attribute("href") or "").startswith("http")
            for link in browser.find_elements(By.TAG_NAME, "a")
        )
        with screen(browser, 390, "dark"):
            assert faults(browser) == []
    assert said(browser) == []


def test_what_is_hard_to_read_is_found(browser: Chrome) -> None:
    page = (
        "<meta name=viewport content=width=device-width>"
        "<p style='color:%23999'>pale</p><p>under</p><p style='margin-top:-34px'>over</p>"
        "<p style='margin-left:500px'>out</p>"
    )
    with screen(browser, 390, "light"):
        browser.get(f"data:text/html,{page}")
        found = faults(browser)
    for words in ("'pale' has a contrast of 2.8", "'under' lies over 'over'", "'out' goes from"):
        assert any(words in each for each in found), words
    assert len(found) == 4  # the page is too wide, too


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_it_can_be_read_on_phones_and_desks_by_day_and_by_night(
    browser: Chrome, pages: list[str], width: int, scheme: str
) -> None:
    with screen(browser, width, scheme):
        for page in pages:
            browser.get(page)
            browser.execute_script(
                "document.querySelectorAll('details').forEach((each) => { each.open = true })"
            )
            assert faults(browser) == [], page
