"""Take the README's picture of a page that runs: `python -m tests.web.picture OUT.png [options] URL`."""

from __future__ import annotations

import argparse
from pathlib import Path

from playwright.sync_api import sync_playwright

CHROMIUM = "/usr/bin/chromium"
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def take(
    out: Path, url: str, width: int = 1440, height: int = 900, dark: bool = False, language: str = "en"
) -> None:
    """Write a PNG of the page at `url`, `width` by `height` CSS pixels, once the desk is live."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        page = browser.new_page(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            locale=language,
        )
        page.goto(url, wait_until="load")
        page.wait_for_selector("body[data-link=live]")
        page.wait_for_timeout(600)
        page.screenshot(path=out, full_page=True, animations="disabled")  # a lamp that blinks is caught lit
        browser.close()


def main() -> None:
    """Read the command line and take the picture."""
    parser = argparse.ArgumentParser(prog="python -m tests.web.picture", description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("url")
    parser.add_argument("--dark", action="store_true", help="the dark theme")
    parser.add_argument("--size", default="1440x900", help="CSS pixels (%(default)s)")
    parser.add_argument("--language", default="en", help="what the browser asks for (%(default)s)")
    options = parser.parse_args()
    width, height = map(int, options.size.split("x"))
    take(options.out, options.url, width, height, options.dark, options.language)


if __name__ == "__main__":
    main()
