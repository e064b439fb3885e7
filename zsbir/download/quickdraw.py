"""Quick, Draw! with its photo extension: drawings of seconds and 204,000 photos of 110 categories.

Drawings: Google, "The Quick, Draw! Dataset", CC BY 4.0, in its simplified form, from the public storage that
its README names (github.com/googlecreativelab/quickdraw-dataset); as many of each category as are wanted.
Photos: Dey et al., "Doodle to Search", CVPR 2019, from the address in the README of
github.com/sounakdey/doodle2search, whose src/data/quick_draw_class_labels.txt lists the categories. The 30
unseen ones: data_utils/test_class_quickdraw30.txt of github.com/buptLinfy/ZSE-SBIR.
"""

from __future__ import annotations

from urllib.parse import quote

from zsbir.download.archive import Archive
from zsbir.download.public_data import PublicData, published_labels

_ITS_NAMES = {  # where the game has another word than the photos
    "crocodilian": "crocodile",
    "eiffel_tower": "The Eiffel Tower",
    "motorcycle": "motorbike",
    "teddy_bear": "teddy-bear",
}
_DRAWINGS = "https://storage.googleapis.com/quickdraw_dataset/full/simplified/"


def drawings_file(category: str) -> str:
    """The name of a category's file of drawings, as part of an address."""
    return quote(_ITS_NAMES.get(category, category.replace("_", " "))) + ".ndjson"


QUICKDRAW = PublicData(
    title="Quick, Draw! with its photo extension",
    categories=published_labels("quickdraw"),
    splits={"quickdraw30": published_labels("quickdraw30")},
    archives=(
        Archive(
            name="QuickDraw_images_final.zip",
            url="http://datasets.cvc.uab.es/QuickDraw/QuickDraw_images_final.zip",
            folders={"QuickDraw_images_final": "photos"},
            size=8_000_000_000,
            unpacked=8_000_000_000,
        ),
    ),
    drawings=_DRAWINGS,
    drawings_file=drawings_file,
)
