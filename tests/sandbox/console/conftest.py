"""A browser, where there is one, and a sandbox to look at."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import NoReturn

import pytest
from selenium.webdriver import Chrome, ChromeOptions, ChromeService

from flytebind.sandbox import Sandbox
from flytebind.services.admin import AdminServiceClient
from tests.support.children import ending_with_us

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


@pytest.fixture(scope="session")
def browser() -> Iterator[Chrome]:
    """One for all tests; FLYTEBIND_BROWSER=required has them fail without."""
    binary = next(filter(None, map(shutil.which, _BROWSERS)), None)
    driver = shutil.which("chromedriver")
    if binary is None or driver is None:
        _do_without("there is no chromium, or no chromedriver")
    options = ChromeOptions()
    options.binary_location = binary
    for argument in ("headless=new", "disable-gpu", "disable-dev-shm-usage", "hide-scrollbars"):
        options.add_argument(f"--{argument}")
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = ChromeService(driver, popen_kw={"start_new_session": True})
    browser = Chrome(options, service)
    with ending_with_us(service.process):
        yield browser
        browser.quit()


def _do_without(why: str) -> NoReturn:
    if os.environ.get("FLYTEBIND_BROWSER") == "required":
        pytest.fail(why)
    pytest.skip(why)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[AdminServiceClient]:
    with sandbox.channel() as channel:
        yield AdminServiceClient(channel)
