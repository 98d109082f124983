"""The people of the story, each with a browser that records every fault it sees."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe

from tests.e2e.running import Running

LEAD = "sampleton@harbour.example.org"
SECOND = "mockwell@harbour.example.org"
AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


class Person:
    """Somebody at a browser. `look` goes to a page and examines it; `faults` are what was found so far."""

    def __init__(self, browser: Any, demo: Running, **more: Any) -> None:
        width, height = more.pop("size", (1280, 900))
        self.demo = demo
        self.faults: list[str] = []
        self.context = browser.new_context(
            base_url=demo.base,
            viewport={"width": width, "height": height},
            reduced_motion="reduce",
            locale="en-US",
            **more,
        )
        self.context.set_default_timeout(30_000)
        self.page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.faults.append(f"exception: {error}"))
        self.page.on("console", self._note)

    def _note(self, line: Any) -> None:
        # A refused form is answered 4xx, which the browser logs as an error of its own.
        if line.type == "error" and "Failed to load resource" not in line.text:
            self.faults.append(f"{self.page.url}: {line.text}")

    def follow(self, what: Any) -> Any:
        """Press something that leads to another page, and wait until that page is loaded."""
        with self.page.expect_navigation():
            what.click()
        return self.page

    def look(self, path: str = "") -> Any:
        """Go to a page (or stay) and record accessibility faults (axe) and sideways scrolling."""
        if path:
            self.page.goto(path)
        for found in Axe().run(self.page, options=AXE).response["violations"]:
            self.faults.append(f"{self.page.url}: {found['id']}: {found['nodes'][0]['html'][:160]}")
        self.look_narrow()
        return self.page

    def look_narrow(self) -> None:
        """Record a page that scrolls sideways."""
        if not self.page.evaluate("document.documentElement.scrollWidth <= innerWidth"):
            self.faults.append(f"{self.page.url}: wider than the window")

    def sees(self, text: str) -> None:
        """Wait until a text is shown; spaces that hold a number and its unit together count as spaces."""
        self.page.wait_for_function(
            "text => document.body.innerText.replaceAll('\\u00a0', ' ').includes(text)", arg=text
        )

    def does_not_see(self, text: str) -> None:
        """The text is nowhere on the page."""
        assert text not in self.words(), f"{text!r} on {self.page.url}"

    def words(self) -> str:
        """What the page says."""
        return str(self.page.inner_text("body")).replace("\u00a0", " ")

    def sign_in(self, email: str) -> None:
        """Sign in by keyboard alone."""
        self.page.goto("/")
        self.look()
        self.page.keyboard.press("Tab")
        for _turn in range(12):
            if self.page.evaluate("document.activeElement.name") == "login":
                break
            self.page.keyboard.press("Tab")
        self.page.keyboard.type(email)
        self.page.keyboard.press("Tab")
        self.page.keyboard.type(self.demo.password)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")
        self.page.wait_for_url(lambda url: "/accounts/" not in url)

    def close(self) -> None:
        """Close the browser; fail if any fault was found."""
        self.context.close()
        assert self.faults == [], self.faults
