"""Folders for the everyday encoder, which is taught all there is: `python -m experiments.everyday --out F DATA ...`.

The sources DATA hold `sketches/` and `photos/`; categories of the same name become one. F gets links to their pictures:

- `all` and `all_extra`: everything, for the encoder that is shipped; categories with both sides, and those with one.
- `taught` and `taught_extra`: the same without a fifth of each category's pictures and without some categories.
- `held_out`: that fifth, a data folder whose `test_labels.txt` names what is taught, with both sides.
- `untaught`: the left-out categories whole, whose figures tell what an encoder makes of things it was not taught.

A picture's group is held out or taught whole: a photo of Sketchy with the sketches made of it, and photos that look
nearly alike. Which groups are held out depends on their names alone.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from experiments.folds import write_labels
from zsbir.pictures.finding import find_pictures
from zsbir.pictures.opening import open_picture

HELD_OUT = 5  # one of so many groups
_ALIKE = 10  # bits of 128 in which photos of one scene may differ
# Photos that show something else than people draw: potato leaves, one toy from all sides, screenshots of diseases.
_WEAK_PHOTOS = frozenset({"leaf", "ambulance"})


@dataclass
class Category:
    """The files of one category out of all sources.

    Attributes:
        photos: Photo files.
        pictures: Files of sketches.
        drawings: Lines of ndjson files.
    """

    photos: list[Path] = field(default_factory=list)
    pictures: list[Path] = field(default_factory=list)
    drawings: list[str] = field(default_factory=list)

    @property
    def has_both_sides(self) -> bool:
        """Whether there are photos and sketches."""
        return bool(self.photos and (self.pictures or self.drawings))


def main(argv: Sequence[str] | None = None) -> int:
    """Writes the folders and says what is in them."""
    parser = argparse.ArgumentParser(description="Make the data folders of the everyday encoder.")
    parser.add_argument("sources", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True, help="must not be there yet")
    parser.add_argument("--untaught", nargs="*", default=[], help="categories left out of `taught`")
    arguments = parser.parse_args(argv)
    everything = collect(arguments.sources)
    parts = {name: held_out(category) for name, category in everything.items()}
    taught = {name: part[0] for name, part in parts.items() if name not in arguments.untaught}
    asked = {name: part[1] for name, part in parts.items() if name not in arguments.untaught}
    out: Path = arguments.out
    out.mkdir(parents=True)
    _write_taught(out / "all", everything)
    _write_taught(out / "taught", taught)
    _write_asked(out / "held_out", {name: part for name, part in asked.items() if part.has_both_sides})
    if arguments.untaught:
        _write_asked(out / "untaught", {name: everything[name] for name in arguments.untaught})
    return 0


def collect(sources: Iterable[Path]) -> dict[str, Category]:
    """All categories of all sources by name, sorted, without the photos that show something else."""
    found: dict[str, Category] = defaultdict(Category)
    for source in sources:
        for entry in sorted((source / "sketches").iterdir()):
            if entry.suffix == ".ndjson":
                found[entry.stem].drawings += entry.read_text(encoding="utf-8").splitlines()
            else:
                found[entry.name].pictures += _files(entry)
        for entry in sorted((source / "photos").iterdir()):
            known = {photo.name for photo in found[entry.name].photos}
            if entry.name not in _WEAK_PHOTOS:
                files = _files(entry)
                found[entry.name].photos += [photo for photo in files if photo.name not in known]
    return dict(sorted(found.items()))


def held_out(category: Category) -> tuple[Category, Category]:
    """What is taught of a category, and what is held out."""
    scenes = _scenes(category.photos)
    of_photos = [scenes[photo.stem] for photo in category.photos]
    of_pictures = [scenes.get(_drawn_photo(picture), _drawn_photo(picture)) for picture in category.pictures]
    out = {*_some(of_pictures), *_some(group for group in of_photos if group not in of_pictures)}
    drawings_out = _some(category.drawings)
    parts = Category(), Category()
    for photo, group in zip(category.photos, of_photos, strict=True):
        parts[group in out].photos.append(photo)
    for picture, group in zip(category.pictures, of_pictures, strict=True):
        parts[group in out].pictures.append(picture)
    for drawing in category.drawings:
        parts[drawing in drawings_out].drawings.append(drawing)
    return parts


def likeness(photo: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """128 bits that nearly equal photos share: where brightness grows to the right, and where it grows downwards."""
    grey = np.asarray(open_picture(photo).convert("L").resize((9, 9), Image.Resampling.BOX), np.int16)
    return np.concatenate([(np.diff(grey, axis=1) > 0)[:8].ravel(), (np.diff(grey, axis=0) > 0)[:, :8].ravel()])


def _scenes(photos: Sequence[Path]) -> dict[str, str]:
    """For each photo's name, the name of the first photo that looks alike, directly or by way of others."""
    scene = [photo.stem for photo in photos]
    if photos:
        bits = np.stack([likeness(photo) for photo in photos])
        for row, column in np.argwhere((bits[:, None] != bits[None]).sum(axis=2) <= _ALIKE):
            one, other = sorted((scene[row], scene[column]))
            scene = [one if name == other else name for name in scene]
    return dict(zip([photo.stem for photo in photos], scene, strict=True))


def _drawn_photo(picture: Path) -> str:
    """Name of the photo that a sketch of Sketchy was made of."""
    return picture.stem.rsplit("-", 1)[0]


def _some(groups: Iterable[str]) -> set[str]:
    """A fifth of them, by a digest of their names."""
    ordered = sorted(set(groups), key=lambda group: hashlib.sha256(group.encode()).digest())
    return set(ordered[: round(len(ordered) / HELD_OUT)])


def _write_taught(folder: Path, categories: Mapping[str, Category]) -> None:
    """A data folder of the categories with both sides, and one beside it of the others."""
    both = {name: category for name, category in categories.items() if category.has_both_sides}
    _write(folder, both)
    write_labels(folder / "train_labels.txt", list(both))
    one = {name: category for name, category in categories.items() if name not in both}
    _write(folder.with_name(f"{folder.name}_extra"), one)


def _write_asked(folder: Path, categories: Mapping[str, Category]) -> None:
    _write(folder, categories)
    write_labels(folder / "test_labels.txt", list(categories))


def _write(folder: Path, categories: Mapping[str, Category]) -> None:
    for kind in ("sketches", "photos"):
        (folder / kind).mkdir(parents=True)
    for name, category in categories.items():
        _link(folder / "photos" / name, category.photos)
        _link(folder / "sketches" / name, category.pictures)
        if category.drawings:
            lines = "".join(f"{drawing}\n" for drawing in category.drawings)
            (folder / "sketches" / f"{name}.ndjson").write_text(lines, encoding="utf-8")
    sides = [sum(len(getattr(category, kind)) for category in categories.values()) for kind in _KINDS]
    counted = ", ".join(f"{count:,} {kind}" for count, kind in zip(sides, _KINDS, strict=True))
    print(f"{folder}: {len(categories)} categories, {counted}.")


_KINDS = ("photos", "pictures", "drawings")


def _link(folder: Path, files: Sequence[Path]) -> None:
    if files:
        folder.mkdir()
    for file in files:
        (folder / file.name).symlink_to(file.resolve())


def _files(folder: Path) -> list[Path]:
    return find_pictures(folder, deep=False, outward=True).pictures


if __name__ == "__main__":
    sys.exit(main())
