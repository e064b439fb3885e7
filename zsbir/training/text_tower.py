"""What names mean to the text tower of a CLIP model, which was trained beside photos; by the package open_clip.

A name stands in several prompts, and their mean is what it means (Radford et al., "Learning Transferable Visual Models
From Natural Language Supervision", ICML 2021, section 3.1.4).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from tqdm.auto import tqdm

from zsbir.encoder.backbone import import_torchvision
from zsbir.packages import not_installed
from zsbir.sentences import clause, some

PROMPTS = (
    *("a photo of a {}.", "a good photo of a {}.", "a close-up photo of a {}.", "a photo of one {}."),
    *("a sketch of a {}.", "a drawing of a {}.", "a doodle of a {}."),
)
_AT_ONCE = 32  # names
_LONGEST = 200  # characters of what a library says
_FOLDER, _HUB = "local-dir:", "hf-hub:"  # open_clip's words for where a model with its weights lies


@dataclass(frozen=True)
class TextTowerConfig:
    """A text tower that says what the names of categories mean, in place of the sentence encoder.

    Attributes:
        text_tower: A model of the package open_clip: its name, hf-hub:USER/MODEL, or a folder with
            open_clip_config.json and weights.
        text_weights: Of a model that is given by its name: a file, or a tag of open_clip, which downloads it.
    """

    text_tower: str = ""
    text_weights: str = ""


class TextTower:
    """Embeds names.

    Args:
        config: What names it.
        model: One of open_clip.
        tokenizer: Of the same.
    """

    def __init__(self, config: TextTowerConfig, model: Any, tokenizer: Any) -> None:
        self.config, self.model, self.tokenizer = config, model, tokenizer

    @torch.no_grad()
    def embed(self, names: Sequence[str], *, quiet: bool = False) -> Tensor:
        """What names mean, underscores counting as blanks: float32 (names, d), rows of unit length."""
        rows: list[Tensor] = []
        with tqdm(total=len(names), desc="reading names", unit="name", disable=quiet) as bar:
            for start in range(0, len(names), _AT_ONCE):
                part = [name.replace("_", " ") for name in names[start : start + _AT_ONCE]]
                texts = [prompt.format(name) for name in part for prompt in PROMPTS]
                prompted = functional.normalize(self.model.encode_text(self.tokenizer(texts)).float(), dim=1)
                rows.append(functional.normalize(prompted.view(len(part), len(PROMPTS), -1).mean(dim=1), dim=1))
                bar.update(len(part))
        return torch.cat(rows)


def load_text_tower(config: TextTowerConfig) -> TextTower | None:
    """The tower that the settings name, if they do.

    Raises:
        FileNotFoundError: The package is not installed.
        ValueError: There is no such model, it has no text tower, or its weights do not fit.
    """
    if not config.text_tower:
        if config.text_weights:
            raise ValueError(
                f"Expected the text tower of the weights {config.text_weights}, found none; give --text_tower."
            )
        return None
    import_torchvision()  # open_clip needs it too
    try:
        import open_clip  # noqa: PLC0415  (optional, and seconds to import)
    except ModuleNotFoundError as error:
        raise FileNotFoundError(not_installed("open_clip", "what names mean to a text tower")) from error
    name, weights = config.text_tower, config.text_weights
    if Path(name).is_dir():
        name = f"{_FOLDER}{name}"
    _check(open_clip, name, weights)
    try:
        with _without_logging():
            model_config = open_clip.get_model_config(name) or {}
            if "text_cfg" in model_config:
                model = open_clip.create_model(name, pretrained=weights or None, require_pretrained=True)
                return TextTower(config, model.eval(), open_clip.get_tokenizer(name))
    except ModuleNotFoundError:  # of the tokenizer; it is named
        raise
    except Exception as error:  # of a foreign file, the network and a model that does not fit there are many
        where = f"{weights} for {config.text_tower}" if weights else config.text_tower
        raise ValueError(
            f"Expected a model of open_clip with weights that fit, {where}, found {type(error).__name__}: "
            f"{clause(error)[:_LONGEST]}; give another --text_tower or --text_weights."
        ) from error
    raise ValueError(
        f"Expected a model with a text tower at {config.text_tower}, found one of pictures alone; give another."
    )


def _check(open_clip: Any, name: str, weights: str) -> None:
    """Says in our words what open_clip would say in many lines."""
    if name.startswith((_FOLDER, _HUB)):
        if weights:
            raise ValueError(
                f"Expected no weights beside {name}, which brings its own, found {weights}; leave --text_weights out."
            )
        return
    if name not in open_clip.list_models():
        raise ValueError(
            f"Expected the name of a model of open_clip that has a text tower, found {name!r}; "
            "open_clip.list_models() lists them."
        )
    tags = open_clip.list_pretrained_tags_by_model(name)
    if weights not in tags and not Path(weights).is_file():
        tagged = f" or one of {some(tags)}" if tags else " (open_clip has none of it)"
        raise ValueError(f"Expected weights of {name}, a file{tagged}, found {weights or 'none'}; give --text_weights.")


@contextmanager
def _without_logging() -> Iterator[None]:
    """Keeps open_clip from telling the root logger of each step, and that from printing it."""
    root, handler = logging.getLogger(), logging.NullHandler()
    root.addHandler(handler)
    level = root.level
    root.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        root.setLevel(level)
        root.removeHandler(handler)
