"""Makes the pictures of the README: `python docs/pictures/make.py run|graph [--mermaid FILE]`.

Needs the extra `dev` (playwright, Pillow) and a Chromium on this machine; the network is not used.
`run` is the page of a real run. `graph` is the graph as LangGraph draws itself in the language of
Mermaid, set by the file dist/mermaid.min.js of the npm package mermaid 11.
"""

from __future__ import annotations

import argparse
import html
import shutil
import sys
import tempfile
from pathlib import Path

from clinseek import ask, ingest, run_page
from clinseek.graphs.seek import graph
from clinseek.offline.questions import draw_questions
from clinseek.settings import stay_home
from clinseek.toolkits.ehr.synthetic import synthesise

SEED, PATIENTS = 4, 100
NUMBER = 2
"""Of the questions of `clinseek demo`: one that rests on a sum and on two rows."""
WIDTH, HEIGHT = 1600, 1000
"""Wide enough for the run and its evidence side by side."""
COLOURS = 64
MOST_BYTES = 200_000


def main() -> None:
    """Make the picture that is asked for, beside this file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("picture", choices=("run", "graph"))
    parser.add_argument("--mermaid", type=Path, metavar="FILE")
    given = parser.parse_args()
    stay_home()
    out = Path(__file__).with_name(f"{given.picture}.png")
    with tempfile.TemporaryDirectory(prefix="clinseek-pictures-") as folder:
        if given.picture == "run":
            shot = photographed(page_of_the_demo(Path(folder)), "", Path(folder) / "run.png")
        elif given.mermaid is None:
            parser.error("graph needs --mermaid FILE")
        else:
            page = page_of_the_graph(given.mermaid, Path(folder))
            shot = photographed(page, "svg", Path(folder) / "graph.png")
        reduced(shot, out)


def page_of_the_demo(place: Path) -> Path:
    """The page of one run of the demo."""
    raw, store = place / "raw", place / "store"
    synthesise(raw, patients=PATIENTS, seed=SEED)
    ingest([raw], store, codes=raw / "codes")
    drawn = draw_questions(store, seed=SEED, count=NUMBER)[NUMBER - 1]
    record = ask(
        drawn.question,
        store=store,
        subject_id=drawn.subject_id,
        cutoff=drawn.cutoff,
        candidates=list(drawn.candidates) or None,
        model="offline",
    )
    page = place / "run.html"
    page.write_text(run_page(record), encoding="utf-8")
    return page


def page_of_the_graph(mermaid: Path, place: Path) -> Path:
    """The graph as it draws itself, as a page that Mermaid sets."""
    drawing = html.escape(graph.get_graph().draw_mermaid())
    page = place / "graph.html"
    page.write_text(
        f'<pre class="mermaid">{drawing}</pre><script src="{mermaid.absolute().as_uri()}"></script>'
        "<script>mermaid.initialize({startOnLoad: true})</script>",
        encoding="utf-8",
    )
    return page


def photographed(page: Path, element: str, picture: Path) -> Path:
    """The top of a page, or one element of it, in light colours, as PNG."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.exit("no chromium on the PATH; on Debian: apt-get install chromium")
    with sync_playwright() as playing:
        browser = playing.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        shown = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        shown.goto(page.as_uri())
        if element:
            shown.locator(element).screenshot(path=picture)
        else:
            shown.screenshot(path=picture)
        browser.close()
    return picture


def reduced(picture: Path, out: Path) -> None:
    """The picture in few colours, which a page of text does not miss."""
    from PIL import Image

    with Image.open(picture) as opened:
        opened.convert("RGB").quantize(COLOURS).save(out, optimize=True)
    size = out.stat().st_size
    if size > MOST_BYTES:
        sys.exit(f"{out} has {size:,} bytes; at most {MOST_BYTES:,}")


if __name__ == "__main__":
    main()
