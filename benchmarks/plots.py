"""The plots of the page: small svg files, the same bytes for the same numbers."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
from page import DOCS, PARTS

mpl.use("svg")

COLOURS = ("#1f5a7a", "#c2571a", "#4f7f39", "#7a4b94", "#8a6d1d", "#5b6770", "#b03060")


@contextmanager
def figure(name: str, columns: int = 1, height: float = 3.2) -> Iterator[Any]:
    """Yield the axes of a new plot; write `docs/NAME` at the end."""
    from matplotlib import pyplot as plt

    look = {
        "svg.hashsalt": "veerpont",
        "svg.fonttype": "path",
        "font.size": 9,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "grid.color": "#dddddd",
        "grid.linewidth": 0.6,
        "axes.axisbelow": True,
        "axes.prop_cycle": plt.cycler(color=COLOURS),
        "legend.frameon": False,
    }
    with plt.rc_context(look):
        drawn, axes = plt.subplots(1, columns, figsize=(7.6, height), layout="constrained", facecolor="white")
        yield axes
        drawn.savefig(DOCS / name, metadata={"Date": None, "Creator": None})
        plt.close(drawn)
    say(name)


def say(name: str) -> None:
    """Write into a plot what it shows, for who does not see it: its part's heading, and its words on the page."""
    title, about = next((part[0], words) for part in PARTS.values() for plot, words in part[2] if plot == name)
    path = DOCS / name
    head = f" <title>{title}</title>\n <desc>{about}</desc>\n <metadata>"
    path.write_text(path.read_text(encoding="utf-8").replace(" <metadata>", head, 1), encoding="utf-8")
