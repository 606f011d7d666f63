"""The picture of a drain."""

from collections.abc import Mapping
from pathlib import Path

from matplotlib import pyplot

_OURS, _OTHERS = "#c2314a", "#9aa0a6"


def draw(per_cpu_s: Mapping[str, float], file: Path) -> None:
    """Bars of events per second of processor time, on a scale of logarithms, as SVG."""
    pyplot.rcParams["svg.fonttype"] = "none"  # text stays text
    ranked = sorted(per_cpu_s.items(), key=lambda found: found[1])
    figure, axes = pyplot.subplots(figsize=(9, 0.5 + 0.5 * len(ranked)))
    titles, values = zip(*ranked, strict=True)
    colours = [_OURS if title.startswith("zhongcao") else _OTHERS for title in titles]
    bars = axes.barh(titles, values, color=colours)
    axes.bar_label(bars, labels=[f"{value:,.0f}" for value in values], padding=4)
    axes.set_xscale("log")
    axes.set_xlim(min(values) / 3, max(values) * 4)
    axes.set_xlabel("events per second of processor time")
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    figure.savefig(file, bbox_inches="tight", metadata={"Date": None})
    pyplot.close(figure)
