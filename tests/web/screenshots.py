"""Take a picture of every page, in both themes and two sizes: `python -m tests.web.screenshots [FOLDER]`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from tests.web import walk
from tests.web.picture import CHROMIUM, OPTIONS

if TYPE_CHECKING:
    from playwright.sync_api import Page, ViewportSize

SIZES: dict[str, ViewportSize] = {
    "desk": {"width": 1440, "height": 900},
    "phone": {"width": 390, "height": 844},
}
SETTLED = 150  # milliseconds in which a chart or a level is drawn


def take(folder: Path, language: str = "en", only: str = "") -> int:
    """Write PNGs of the pages whose endpoint begins with `only` into the folder and return how many."""
    folder.mkdir(parents=True, exist_ok=True)
    taken = 0
    with walk.open_desk() as desk, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        page = browser.new_page(locale=language, reduced_motion="reduce")
        for endpoint, address in walk.addresses().items():
            if not address or not endpoint.startswith(only) or not walk.visit(page, desk, endpoint):
                continue
            page.wait_for_selector("body[data-link=live]")
            for size, viewport in SIZES.items():
                for theme in ("light", "dark"):
                    page.emulate_media(color_scheme=theme)
                    page.set_viewport_size(viewport)
                    unrolled(page)
                    page.wait_for_timeout(SETTLED)
                    name = f"{endpoint.removesuffix('.start')}-{size}-{theme}.png"
                    page.screenshot(path=folder / name, full_page=True, animations="disabled")
                    taken += 1
        browser.close()
    return taken


def unrolled(page: Page) -> None:
    """Make the window of the administration as high as the page: what sticks to its end is at the end."""
    size = page.viewport_size
    if size and page.locator("body.admin").count():
        height = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": size["width"], "height": height})


def main() -> None:
    """Read the command line and take the pictures."""
    parser = argparse.ArgumentParser(prog="python -m tests.web.screenshots", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=Path("screenshots"))
    parser.add_argument("--language", default="en", help="what the browser asks for (%(default)s)")
    parser.add_argument("--only", default="", help="the beginning of a page's name, such as directory")
    options = parser.parse_args()
    print(f"{take(options.folder, options.language, options.only)} pictures in {options.folder}")


if __name__ == "__main__":
    main()
