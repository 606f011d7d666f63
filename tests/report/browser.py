"""Chromium without a window, which looks at a page and ends."""

import html
import json
import os
import re
import shutil
import signal
import subprocess
import zlib
from pathlib import Path
from typing import Any

TIMEOUT_S = 120
#: Looks at the page in a frame, in each language after the other, as if someone pressed the switch.
LOOK = """<!doctype html><meta charset="utf-8"><style>body {{ margin: 0 }} iframe {{ border: 0 }}</style>
<iframe width="{width}" height="844" srcdoc="{page}"></iframe>
<script>
const frame = document.querySelector("iframe");
const shown = (e) => e.getClientRects().length > 0;
function overlap(one, other) {{
  const a = one.getBoundingClientRect(), b = other.getBoundingClientRect();
  const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  return across > 1 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 4;
}}
function look(page) {{
  const root = page.documentElement;
  const texts = [...page.querySelectorAll("svg.chart text")].filter(shown);
  return {{
    width: root.scrollWidth,
    headings: [...page.querySelectorAll("h2")].map((e) => e.innerText),
    languages: [...new Set([...page.querySelectorAll("main [lang]")].filter(shown).map((e) => e.getAttribute("lang")))],
    cut: texts.filter((e) => {{
      const box = e.getBoundingClientRect();
      return box.left < -1 || box.right > root.clientWidth + 1;
    }}).map((e) => e.textContent),
    overlapping: texts.flatMap((one, n) => texts.slice(n + 1)
      .filter((other) => one.ownerSVGElement === other.ownerSVGElement && overlap(one, other))
      .map((other) => `${{one.textContent}} | ${{other.textContent}}`)),
    smallest: Math.min(...texts.map((e) => parseFloat(frame.contentWindow.getComputedStyle(e).fontSize))),
    loaded: frame.contentWindow.performance.getEntriesByType("resource").length,
  }};
}}
frame.onload = () => {{
  const page = frame.contentDocument, found = {{}};
  for (const language of ["en", "zh"]) {{
    page.querySelector(`label[for=${{language}}]`).click();
    found[language] = look(page);
  }}
  const told = document.createElement("pre");
  told.id = "found";
  told.textContent = JSON.stringify(found);
  document.body.append(told);
}};
</script>
"""


class Chromium:
    """Runs in folders of its own, a process for each question."""

    def __init__(self, program: str, folder: Path) -> None:
        self._program = program
        self._folder = folder

    def look(self, page: str, width: int) -> dict[str, Any]:
        """What is seen of a page that is so many px wide: language → what LOOK tells."""
        file = self._folder / "look.html"
        file.write_text(LOOK.format(width=width, page=html.escape(page)), encoding="utf-8")
        dom = self._run("--dump-dom", file)
        found = re.search('<pre id="found">(.*?)</pre>', dom, re.DOTALL)
        assert found, dom[:1000]
        told: dict[str, Any] = json.loads(html.unescape(found[1]))
        return told

    def screenshot(self, page: str) -> bytes:
        """A PNG of the top of the page."""
        file, png = self._folder / "page.html", self._folder / "page.png"
        file.write_text(page, encoding="utf-8")
        self._run(f"--screenshot={png}", file)
        return png.read_bytes()

    def _run(self, what: str, file: Path) -> str:
        options = (
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            "--virtual-time-budget=5000",
        )
        process = subprocess.Popen(
            [
                *(self._program, *options, "--window-size=1200,900", what),
                *(f"--user-data-dir={self._folder / 'profile'}", file.as_uri()),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            shown, _ = process.communicate(timeout=TIMEOUT_S)
            assert process.returncode == 0
            return shown.decode()
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """It and what it started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    finally:
        process.wait()


def installed() -> str | None:
    """The Chromium of this machine."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)


def byte_values(png: bytes) -> int:
    """How many different bytes a PNG's picture is made of: a blank one has very few."""
    picture, place = b"", 8
    while place < len(png):
        length = int.from_bytes(png[place : place + 4])
        if png[place + 4 : place + 8] == b"IDAT":
            picture += png[place + 8 : place + 8 + length]
        place += length + 12
    return len(set(zlib.decompress(picture)))
