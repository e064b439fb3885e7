"""TU-Berlin with its photo extension: 20,000 sketches and 204,489 photos of 250 categories.

Sketches: Eitz et al., "How Do Humans Sketch Objects?", SIGGRAPH 2012, from their own address. Photos: Zhang et al.,
"SketchNet", CVPR 2016, from Google Drive. Both addresses, and which folder of photos belongs to which category
of sketches: download_datasets.sh of github.com/sounakdey/doodle2search. Categories and the 30 unseen ones:
datasets/TUBerlin/zeroshot/cname_cid.txt and data_utils/test_class_tuberlin30.txt of github.com/buptLinfy/ZSE-SBIR.
"""

from __future__ import annotations

from zsbir.download.archive import Archive
from zsbir.download.public_data import PublicData, layout_name, published_labels

CATEGORIES = published_labels("tuberlin")

_MISSPELT = {  # folders of photos that differ by more than blanks
    "chandeler": "chandelier",
    "diamod": "diamond",
    "griaffe": "giraffe",
    "mouse": "mouse_animal",
    "pipe": "pipe_for_smoking",
    "spacesshuttle": "space_shuttle",
    "spidar": "spider",
    "tromobone": "trombone",
    "wristwatching": "wrist_watch",
}
_WITHOUT_BLANKS = {category.replace("_", ""): category for category in CATEGORIES}


def category_of(folder: str) -> str:
    """The category of a folder; those of photos are written in one word, some of them wrong."""
    name = layout_name(folder)
    return _MISSPELT.get(name) or _WITHOUT_BLANKS.get(name.replace("_", ""), name)


TUBERLIN = PublicData(
    title="TU-Berlin with its photo extension",
    categories=CATEGORIES,
    splits={"tuberlin30": published_labels("tuberlin30")},
    archives=(
        Archive(
            name="sketches_png.zip",
            url="http://cybertron.cg.tu-berlin.de/eitz/projects/classifysketch/sketches_png.zip",
            folders={"png": "sketches"},
            size=550_000_000,
            unpacked=550_000_000,
        ),
        Archive(
            name="ImageResized.zip",
            url="https://drive.google.com/uc?id=0B2U-hnwRkpRrMFVvTmFQa3dmSUk",
            folders={"ImageResized": "photos"},
            size=4_000_000_000,
            unpacked=4_000_000_000,
        ),
    ),
    category_of=category_of,
)
