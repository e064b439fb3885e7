"""Memory that many pictures take at once: `python -m benchmarks.many_pictures [--count 2000] [--device cuda]`.

Photos, then sketches, are embedded in one call each; what the process takes at most is told above what it takes idle.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from zsbir import load_embedder
from zsbir.encoder.shipped import DEFAULT_CHECKPOINT

_TARGET = 700  # MB


def memory(line: str) -> int:
    """MB of this process, as Linux says in the line of that name."""
    found = re.search(rf"{line}:\s+(\d+)", Path("/proc/self/status").read_text())
    assert found
    return int(found[1]) // 1000


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description="Memory that many pictures take at once.")
    parser.add_argument("--count", type=int, default=2_000)
    parser.add_argument("--device", default="cpu")
    arguments = parser.parse_args()
    embedder = load_embedder(DEFAULT_CHECKPOINT, arguments.device)
    noise = np.random.default_rng(0).integers(0, 256, (300, 400, 3), dtype=np.uint8)
    photo, sketch = Image.fromarray(noise), Image.new("L", (300, 300), 255)
    ImageDraw.Draw(sketch).line([(20, 20), (280, 280), (30, 200)], fill=0, width=4)
    idle = memory("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the most it took begins anew
    embedder.embed_photos([photo] * arguments.count)
    after_photos = memory("VmHWM") - idle
    embedder.embed_sketches([sketch] * arguments.count)
    print(f"{arguments.count} photos: {after_photos} MB above idle; as many sketches too: {memory('VmHWM') - idle} MB")
    print(f"target: at most {_TARGET} MB")


if __name__ == "__main__":
    main()
