"""Makes docs/report.png anew: the page of the demo's best brand, as a browser shows it.

    make picture

It needs Chromium. The demo gives the same figures on every run, so the picture changes with the page alone.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PICTURE = Path(__file__).with_name("report.png")
BRAND = "brand-001"
WIDTH, HEIGHT = 900, 1275
#: Of what a README is made of, more than this is slow.
MAX_BYTES = 300_000


def main() -> None:
    """Run the demo in a folder of its own, write the page, and take the picture."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit(
            "Chromium is needed to take the picture: install it, or leave the picture as it is."
        )
    zhongcao = Path(sys.executable).with_name("zhongcao")
    with tempfile.TemporaryDirectory() as folder:
        data, page = f"{folder}/demo", f"{folder}/report.html"
        subprocess.run(
            [zhongcao, "demo", "--embedded", data], check=True, stdout=subprocess.DEVNULL
        )
        subprocess.run(
            [zhongcao, "report", "--brand", BRAND, "--embedded", data, "--output", page], check=True
        )
        # Root, as in a container, has no sandbox.
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        look = ["--headless", "--hide-scrollbars", f"--window-size={WIDTH},{HEIGHT}", *sandbox]
        profile = f"--user-data-dir={folder}/profile"
        taken = [chromium, *look, profile, f"--screenshot={PICTURE}", f"file://{page}"]
        subprocess.run(taken, check=True, timeout=120, stderr=subprocess.DEVNULL)
    if PICTURE.stat().st_size > MAX_BYTES:
        sys.exit(f"{PICTURE} has more than {MAX_BYTES:,} bytes: make it smaller.")


if __name__ == "__main__":
    main()
