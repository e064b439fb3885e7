"""Drawings drawn again, stroke by stroke: how calm the photos shown are meanwhile, and how often they are right."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np
from tqdm.auto import tqdm

from zsbir.encoder.embedder import Embedder, Embeddings
from zsbir.evaluation.embedding import embed_sketches
from zsbir.gallery.calm import margin_of
from zsbir.gallery.gallery import Gallery
from zsbir.gallery.searching import calm_search
from zsbir.pictures.drawing import Drawing, Stroke

SHOWN = 5  # photos on the page
FRACTIONS = (0.25, 0.5, 0.75, 1.0)  # of a drawing's strokes
MIN_STROKES = 3  # of a drawing that is worth a replay
_PEN_WAY = 0.25  # from one search to the next in the midst of a stroke, in units of the drawing's longer side
_BATCH = 64


@dataclass(frozen=True)
class Calmness:
    """What one way of searching shows of drawings that grow.

    Attributes:
        stay: Of the five photos shown, how many stay from one step to the next, 0 to 5: a step is a stroke, and in calm
            searches also the rest at the end, when the most similar photos are shown as they are. Mean over steps.
        stay_at_rest: How many stay at that rest alone. Mean over drawings.
        first_changes: How often the first photo changes from step to step in a drawing. Mean over drawings.
        first_changes_searching: The same from search to search.
        moves: How often a photo that stays is shown at another place, from search to search. Mean over drawings.
        precision: P@5 of what is shown when this share of the strokes is drawn, before any rest.
        hit: Share of drawings with a photo of their category among the five then.
    """

    stay: float
    stay_at_rest: float
    first_changes: float
    first_changes_searching: float
    moves: float
    precision: dict[str, float]
    hit: dict[str, float]


@dataclass
class _Shown:
    """The photos shown for one drawing after each search and after each step; how many strokes were drawn at steps."""

    searches: list[list[int]] = field(default_factory=list)
    steps: list[list[int]] = field(default_factory=list)
    strokes: list[int] = field(default_factory=list)  # not at the rest, which is one step more


@dataclass(frozen=True)
class Moment:
    """A drawing as it grows: so many strokes are begun, and the last is finished or not."""

    drawing: Drawing
    strokes: int
    finished: bool


def moments(drawing: Drawing) -> Iterator[Moment]:
    """When the page searches: at the end of each stroke, and after every quarter of the drawing's size within it.

    As long as there is nothing to search for, it does not.
    """
    left, top, right, bottom = drawing.bounds()
    for count, stroke in enumerate(drawing.strokes, start=1):
        earlier = drawing.strokes[: count - 1]
        for begun in _begun(stroke, _PEN_WAY * max(right - left, bottom - top)):
            yield Moment(Drawing((*earlier, begun)), count, finished=False)
        grown = Drawing((*earlier, stroke))
        if not grown.is_blank:
            yield Moment(grown, count, finished=True)


def _begun(stroke: Stroke, way: float) -> Iterator[Stroke]:
    """The stroke after the pen has gone this way once, twice, …, but not to its end."""
    gone = np.concatenate([[0.0], np.hypot(*np.diff(stroke.points, axis=0).T).cumsum()])
    for end in np.arange(way, gone[-1], way):
        tip = [np.interp(end, gone, stroke.points[:, axis]) for axis in (0, 1)]
        points = np.vstack([stroke.points[gone < end], tip]).astype(np.float32)
        yield replace(stroke, points=points, pressure=None)


def measure_replay(
    embedder: Embedder,
    gallery: Gallery,
    drawings: Sequence[Sequence[Drawing]],
    categories: Sequence[str],
    *,
    quiet: bool = False,
) -> dict[str, Any]:
    """Replays drawings with plain searches and calm ones, at the end of each stroke and in its midst as well.

    Whoever rests after every stroke sees what plain searches at the end of each stroke show.

    Args:
        embedder: Of the gallery's checkpoint.
        gallery: Where to search.
        drawings: Of each category; those of fewer than `MIN_STROKES` strokes are passed over.
        categories: Their names.
        quiet: No progress bars.

    Returns:
        "drawings" and, means of each, "strokes" and "searches"; and a `Calmness` as a dictionary for "plain" and
        "calm" and the same "in mid-stroke". Empty without drawings.
    """
    replayed = [
        (category, list(moments(drawing)))
        for category, members in zip(categories, drawings, strict=True)
        for drawing in members
        if len(drawing.strokes) >= MIN_STROKES
    ]
    if not replayed:
        return {}
    sketches = [[moment.drawing for moment in grown] for _, grown in replayed]
    queries = embed_sketches(embedder, sketches, _BATCH, quiet=quiet)
    told: dict[str, Any] = {
        "drawings": len(replayed),
        "strokes": float(np.mean([grown[-1].strokes for _, grown in replayed])),
        "searches": float(np.mean([len(grown) for _, grown in replayed])),
    }
    for name, is_calm, in_mid_stroke in (
        ("plain", False, False),
        ("calm", True, False),
        ("plain in mid-stroke", False, True),
        ("calm in mid-stroke", True, True),
    ):
        shown = [
            _replay(embedder, gallery, grown, queries.embeddings[queries.labels == at], is_calm, in_mid_stroke)
            for at, (_, grown) in enumerate(tqdm(replayed, desc=f"replaying, {name}", unit="drawing", disable=quiet))
        ]
        told[name] = asdict(_calmness(gallery, shown, [category for category, _ in replayed]))
    return told


def _replay(
    embedder: Embedder,
    gallery: Gallery,
    grown: Sequence[Moment],
    queries: Embeddings,
    is_calm: bool,
    in_mid_stroke: bool,
) -> _Shown:
    shown, now = _Shown(), list[int]()
    for moment, query in zip(grown, queries, strict=True):
        if not moment.finished and not in_mid_stroke:
            continue
        seen = [(index, gallery.photos[index].sha256) for index in now] if is_calm else []
        margin = margin_of(embedder, mid_stroke=not moment.finished)
        now, _ = calm_search(gallery, query, seen, SHOWN, margin)
        shown.searches.append(now)
        if moment.finished:
            shown.steps.append(now)
            shown.strokes.append(moment.strokes)
    if is_calm:  # and at last the drawing rests
        now = gallery.search(queries[-1], SHOWN)[0].tolist()
        shown.searches.append(now)
        shown.steps.append(now)
    return shown


def _calmness(gallery: Gallery, shown: Sequence[_Shown], categories: Sequence[str]) -> Calmness:
    right: dict[str, list[list[bool]]] = {f"{fraction:.0%}": [] for fraction in FRACTIONS}
    for each, category in zip(shown, categories, strict=True):
        for found, fraction in zip(right.values(), FRACTIONS, strict=True):
            drawn = max(1, math.ceil(fraction * each.strokes[-1]))
            steps = [photos for photos, strokes in zip(each.steps, each.strokes, strict=False) if strokes <= drawn]
            photos = steps[-1] if steps else []  # nothing but a dot yet
            found.append([gallery.photos[photo].category == category for photo in photos])
    return Calmness(
        float(np.mean([_staying(old, new) for each in shown for old, new in pairwise(each.steps)])),
        float(np.mean([_staying(each.steps[len(each.strokes) - 1], each.steps[-1]) for each in shown])),
        float(np.mean([_first_changes(each.steps) for each in shown])),
        float(np.mean([_first_changes(each.searches) for each in shown])),
        float(np.mean([_moves(each.searches) for each in shown])),
        {share: float(np.mean([sum(photos) / SHOWN for photos in found])) for share, found in right.items()},
        {share: float(np.mean([any(photos) for photos in found])) for share, found in right.items()},
    )


def _staying(old: Sequence[int], new: Sequence[int]) -> int:
    return len({*old} & {*new})


def _moves(shown: Sequence[Sequence[int]]) -> int:
    return sum(photo in new and new[at] != photo for old, new in pairwise(shown) for at, photo in enumerate(old))


def _first_changes(shown: Sequence[Sequence[int]]) -> int:
    return sum(old[0] != new[0] for old, new in pairwise(shown))
