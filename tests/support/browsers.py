"""A real browser that looks at pages on this disk, and what people would complain about."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
PHONE = (390, 844)
DESK = (1280, 900)
_QUIET = ("background-networking", "component-update", "sync", "gpu")

# Text whose colors are nearer than WCAG 2.2 AA allows, with what it says.
_PALE = """
() => {
  const parse = (color) => {
    const [r, g, b, a = 1] = color.match(/[\\d.]+/g).map(Number);
    return { rgb: [r, g, b], alpha: a };
  };
  const light = (rgb) => {
    const [r, g, b] = rgb.map((one) => {
      const part = one / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const color = parse(getComputedStyle(one).backgroundColor);
      if (color.alpha === 1) return color.rgb;
    }
    return [255, 255, 255];
  };
  const pale = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const text = walker.currentNode.textContent.trim();
    const isShown = element.checkVisibility({ opacityProperty: true }) && !element.closest("style, script");
    if (!text || !isShown) continue;
    const style = getComputedStyle(element);
    const [a, b] = [light(parse(style.color).rgb), light(ground(element))].sort((x, y) => y - x);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if ((a + 0.05) / (b + 0.05) < (large ? 3 : 4.5)) pale.push(`${text.slice(0, 40)}: ${style.color}`);
  }
  return pale;
}
"""


@dataclass(slots=True)
class View:
    """A page that is open, with everything that went wrong in it."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    @property
    def is_too_wide(self) -> bool:
        """Whether one has to scroll sideways."""
        return bool(self.page.evaluate("document.documentElement.scrollWidth > innerWidth"))

    @property
    def pale_texts(self) -> list[str]:
        """Texts that are hard to read."""
        return [str(text) for text in self.page.evaluate(_PALE)]

    @property
    def focused(self) -> str:
        """What the keyboard is at, in words."""
        script = (
            "(() => { const one = document.activeElement;"
            " return one.getAttribute('aria-label') || one.name || one.textContent.trim(); })()"
        )
        return str(self.page.evaluate(script))

    def press(self, *keys: str) -> None:
        """Press keys, one after another."""
        for key in keys:
            self.page.keyboard.press(key)

    def tab_to(self, name: str) -> None:
        """Go on with the tabulator until the keyboard is at something of that name."""
        for _ in range(200):
            self.press("Tab")
            if self.focused == name:
                return
        raise AssertionError(f"the keyboard does not get to {name}")


def start_browser() -> Iterator[Browser]:
    """Start the browser of this machine, or skip."""
    playwright = pytest.importorskip("playwright.sync_api", reason="there is no playwright")
    if not CHROMIUM.is_file():
        pytest.skip(f"there is no browser at {CHROMIUM} (set CHROMIUM)")
    arguments = ["--no-sandbox", "--no-first-run", *(f"--disable-{name}" for name in _QUIET)]
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=str(CHROMIUM), args=arguments)
        yield browser
        browser.close()


@contextmanager
def look_at(
    browser: Browser, url: str, *, size: tuple[int, int] = DESK, scheme: str = "light", script: bool = True
) -> Iterator[View]:
    """Open a page; complaints are errors on the console, dialogs, and whatever it asks of others."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if scheme == "dark" else "light",
        has_touch=size == PHONE,
        java_script_enabled=script,
    )
    view = View(context.new_page())
    view.page.on("console", lambda message: view.complaints.append(f"{message.type}: {message.text}"))
    view.page.on("pageerror", lambda error: view.complaints.append(str(error)))
    view.page.on("dialog", lambda dialog: view.complaints.append(f"dialog: {dialog.message}"))
    view.page.on("requestfailed", lambda request: view.complaints.append(f"failed: {request.url}"))
    view.page.goto(url)
    yield view
    context.close()
