"""Puts tables and pictures into docs/results.md: `python -m experiments.make_results`.

Tables come from the records of experiments/ladder.py (runs/) and experiments/measure.py (shipped.json), the contact
sheet from the zero-shot checkpoint, gallery and example drawings. Only what stands between markers is replaced.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from PIL import Image

mpl.use("Agg")
import matplotlib.pyplot as plt

from experiments.ladder import RUNGS, RUNS, Rung
from experiments.measure import MEASURED, PROTOCOLS
from zsbir import Gallery, Retriever, load_embedder
from zsbir.evaluation.contact_sheet import Found, contact_sheet
from zsbir.pictures.drawing import parse_canvas
from zsbir.training.record import RunRecord
from zsbir.ui.canvas import load_examples

_ROOT = Path(__file__).parents[1]

_RESULTS = _ROOT / "docs" / "results.md"
_EXTREMES = 10  # best and worst categories
_GREY, _BLUE, _RED = "#9aa0a6", "#1967d2", "#b3261e"


def main() -> int:
    """Makes everything for which there are measurements."""
    text = _RESULTS.read_text(encoding="utf-8")
    records = {rung.name: _records(rung) for rung in RUNGS}
    climbed = [rung for rung in RUNGS if records[rung.name]]
    if climbed:
        text = _fill(text, "ladder", ladder_table(climbed, records))
        draw_ladder(climbed, records, _ROOT / "docs" / "ladder.png")
    shipped = json.loads(MEASURED.read_text(encoding="utf-8"))
    text = _fill(text, "protocols", protocol_table(shipped))
    text = _fill(text, "categories", category_table(shipped["categories"]))
    text = _fill(text, "experience", experience_table(shipped["experience"]))
    _RESULTS.write_text(text, encoding="utf-8")
    draw_contact_sheet(_ROOT / "docs" / "contact-sheet.png")
    return 0


def ladder_table(rungs: Sequence[Rung], records: Mapping[str, Sequence[RunRecord]]) -> str:
    """One row a rung: means over seeds, and what it changes of the rung it stands on beside the seed spread."""
    spread = seed_spread(list(records.values()))
    lines = [
        "| run | validation | sketchy25 mAP / P@5 | sketchy21 mAP / P@5 | quickdraw30 mAP / P@5 | change | told apart "
        "| minutes | seeds |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for rung in rungs:
        runs = records[rung.name]
        tests = [f"{_test(runs, name, 'mAP@all'):.3f} / {_test(runs, name, 'P@5'):.3f}" for name in PROTOCOLS]
        base = records.get(rung.base)
        change = _change(_validation(runs) - _validation(base), spread) if base else ""
        apart = np.mean([run.test["domain"]["accuracy"] for run in runs])
        minutes = np.mean([run.epochs[-1]["minutes"] for run in runs])
        cells = [
            rung.title,
            f"{_validation(runs):.3f}",
            *tests,
            change,
            f"{apart:.2f}",
            f"{minutes:.1f}",
            str(len(runs)),
        ]
        lines.append("| " + " | ".join(cells) + " |")
    stated = f"{spread:.3f}" if np.isfinite(spread) else "unknown, as no run was repeated"
    return "\n".join([*lines, "", f"Seed spread of the validation figure (two standard deviations): {stated}."])


def seed_spread(groups: Sequence[Sequence[RunRecord]]) -> float:
    """Two standard deviations of the validation mAP@all among seeds, pooled over rungs; infinite if none is known."""
    repeated = [[_validation([run]) for run in runs] for runs in groups if len(runs) > 1]
    if not repeated:
        return float("inf")
    return 2 * float(np.sqrt(np.mean([np.var(figures, ddof=1) for figures in repeated])))


def draw_ladder(rungs: Sequence[Rung], records: Mapping[str, Sequence[RunRecord]], path: Path) -> None:
    """One line a rung: validation categories and the three unseen lists, a dot a seed."""
    figure, axes = plt.subplots(1, 4, figsize=(12, 0.32 * len(rungs) + 1), sharey=True)
    panels = {"validation": None, **dict.fromkeys(PROTOCOLS)}
    for axis, name in zip(axes, panels, strict=True):
        for row, rung in enumerate(rungs):
            runs = records[rung.name]
            figures = [_validation([run]) if name == "validation" else run.test[name]["mAP@all"] for run in runs]
            axis.plot([0, np.mean(figures)], [row, row], color=_GREY, linewidth=1)
            axis.plot(figures, [row] * len(figures), "o", color=_BLUE, markersize=4)
        axis.set_title(f"{name}, mAP@all", fontsize=9)
        axis.set_xlim(left=0)
        axis.tick_params(labelsize=8)
    axes[0].set_yticks(range(len(rungs)), [rung.title for rung in rungs])
    axes[0].invert_yaxis()
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)


def protocol_table(shipped: Mapping[str, Any]) -> str:
    """The published lists, alone and among the seen categories' photos too."""
    lines = ["| unseen categories | gallery | mAP@all | P@5 | Acc@1 |", "|---|---|---|---|---|"]
    for name in PROTOCOLS:
        for gallery in ("protocols", "generalised"):
            row = shipped[gallery][name]
            what = "unseen" if gallery == "protocols" else "unseen and seen"
            figures = " | ".join(f"{row[figure]:.3f}" for figure in ("mAP@all", "P@5", "Acc@1"))
            lines.append(f"| {name} | {what} | {figures} |")
    told = f"{shipped['domain_accuracy']:.0%} of the time, in the unseen categories."
    return "\n".join([*lines, "", f"A linear classifier tells embeddings of sketches from those of photos {told}"])


def category_table(categories: Mapping[str, Mapping[str, float]]) -> str:
    """The best and the worst by mAP@all, side by side."""
    ranked = sorted(categories, key=lambda name: -categories[name]["mAP@all"])
    lines = ["| best | mAP@all | P@5 | worst | mAP@all | P@5 |", "|---|---|---|---|---|---|"]
    for pair in zip(ranked[:_EXTREMES], ranked[: -_EXTREMES - 1 : -1], strict=True):
        cells = [
            f"{name.replace('_', ' ')} | {categories[name]['mAP@all']:.3f} | {categories[name]['P@5']:.3f}"
            for name in pair
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def experience_table(experience: Mapping[str, Any]) -> str:
    """Hits, growth and stability."""
    rows = [
        *((f"hit@5, {source}", figure) for source, figure in experience["hit_at_5"].items()),
        *((f"P@5 with {share} of the strokes", figure) for share, figure in experience["growth"].items()),
        *((f"of the first five stay when {change}", figure) for change, figure in experience["stability"].items()),
    ]
    return "\n".join(["| what | share |", "|---|---|", *(f"| {what} | {figure:.2f} |" for what, figure in rows)])


def draw_contact_sheet(path: Path) -> None:
    """The example drawings and the five photos of the bundled gallery found for each, right ones framed green."""
    retriever = Retriever(
        load_embedder(_ROOT / "checkpoints" / "zsbir.safetensors"), Gallery.load(_ROOT / "gallery_cache")
    )
    rows = []
    for example in load_examples():
        drawing, name = parse_canvas(json.dumps(example)), example["name"].replace(" ", "_")
        found = [
            Found(match.photo, match.category, match.score, match.category == name)
            for match in retriever.search(drawing, k=5)
        ]
        rows.append(contact_sheet(drawing, example["name"], found))
    columns = [rows[: (len(rows) + 1) // 2], rows[(len(rows) + 1) // 2 :]]
    height = max(sum(row.height for row in column) for column in columns)
    sheet = Image.new("RGB", (sum(column[0].width for column in columns), height), "white")
    left = 0
    for column in columns:
        top = 0
        for row in column:
            sheet.paste(row, (left, top))
            top += row.height
        left += column[0].width
    sheet.quantize(256).save(path, optimize=True)


def _records(rung: Rung) -> list[RunRecord]:
    return [RunRecord.load(path) for path in sorted(RUNS.glob(f"{rung.name}-[0-9]*.json"))]


def _validation(runs: Sequence[RunRecord]) -> float:
    return float(np.mean([run.best["mAP@all"] for run in runs]))


def _test(runs: Sequence[RunRecord], protocol: str, figure: str) -> float:
    return float(np.mean([run.test[protocol][figure] for run in runs]))


def _change(difference: float, spread: float) -> str:
    return f"{difference:+.3f}" if abs(difference) > spread else f"none ({difference:+.3f})"


def _fill(text: str, name: str, content: str) -> str:
    pattern = re.compile(f"(<!-- {name} -->\n)(?:.*?\n)?(<!-- /{name} -->)", re.DOTALL)
    if not pattern.search(text):
        raise ValueError(f"Expected the markers <!-- {name} --> and <!-- /{name} --> in {_RESULTS}, found none.")
    return pattern.sub(lambda match: f"{match[1]}{content}\n{match[2]}", text)


if __name__ == "__main__":
    sys.exit(main())
