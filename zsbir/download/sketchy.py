"""Sketchy with its extended photos: 75,471 sketches and 73,002 photos of 125 categories.

Sketches and 12,500 photos: Sangkloy et al., "The Sketchy Database", SIGGRAPH 2016, rendered at 256 x 256; of its
six renderings of a sketch the published protocols use `tx_000000000000`. The other 60,502 photos: Liu et al., "Deep
Sketch Hashing", CVPR 2017. The addresses are on Google Drive: the first is linked by the photo-sketch
correspondence benchmark PSC6K (github.com/cogtoolslab/photo-sketch-correspondence), the second by
download_datasets.sh of github.com/sounakdey/doodle2search, which also shows what the archives hold inside.
Unseen categories: labels/sketchy25.txt as in data_utils/test_class_sketchy25.txt of ZSE-SBIR
(github.com/buptLinfy/ZSE-SBIR), a random choice common since SAKE; labels/sketchy21.txt as there in
test_class_sketchy21.txt, those outside ImageNet's 1,000 (Yelamarthi et al., ECCV 2018).
"""

from __future__ import annotations

from zsbir.download.archive import Archive
from zsbir.download.public_data import PublicData, published_labels

SKETCHY = PublicData(
    title="Sketchy with its extended photos",
    categories=published_labels("sketchy"),
    splits={"sketchy25": published_labels("sketchy25"), "sketchy21": published_labels("sketchy21")},
    archives=(
        Archive(
            name="rendered_256x256.7z",
            url="https://drive.google.com/uc?id=1z4--ToTXYb0-2cLuUWPYM5m7ST7Ob3Ck",
            folders={"256x256/sketch/tx_000000000000": "sketches", "256x256/photo/tx_000000000000": "photos"},
            size=1_600_000_000,
            unpacked=600_000_000,
        ),
        Archive(
            name="EXTEND_image_sketchy.zip",
            url="https://drive.google.com/uc?id=0B2U-hnwRkpRrdGZKTzkwbkEwVkk",
            folders={"EXTEND_image_sketchy": "photos"},
            size=1_500_000_000,
            unpacked=1_500_000_000,
        ),
    ),
)
