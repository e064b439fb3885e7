"""Checkpoints on the Hugging Face Hub: fetch one by name, publish one with its model card.

The Hub's client is imported where it is used, so that a checkpoint in a file is loaded without it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from zsbir.encoder.checkpoint import load_checkpoint
from zsbir.sentences import clause

if TYPE_CHECKING:
    from huggingface_hub import ModelCard

FILE, CARD = "zsbir.safetensors", "MODEL_CARD.md"
_TAGS = ["sketch-based-image-retrieval", "image-retrieval"]
_ZERO_SHOT = "zero-shot"  # a tag of those that something was kept out of to be measured on
_TASK = "image-feature-extraction"  # the Hub's name for networks that make vectors of pictures
_SETTINGS = "https://huggingface.co/settings/tokens"


def fetch_checkpoint(repo: str, revision: str | None = None) -> Path:
    """Downloads a published checkpoint, or finds it in the cache of the Hub's library.

    Args:
        repo: "user/name".
        revision: Branch, tag or commit; None is the newest.

    Raises:
        FileNotFoundError: There is no such repository, revision or file, or no network and nothing cached.
        ValueError: The name is none, or the Hub refuses.
    """
    from huggingface_hub import hf_hub_download  # noqa: PLC0415

    with plain_refusals(repo):
        return Path(hf_hub_download(repo, FILE, revision=revision))


def push_checkpoint(checkpoint: Path, repo: str, *, private: bool = False) -> str:
    """Publishes a checkpoint with its card in one commit; makes the repository if need be.

    Args:
        checkpoint: The file; uploaded as it is, so that galleries made with it fit.
        repo: "user/name".
        private: Whether a new repository is seen by its owner alone.

    Returns:
        The address of the repository.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: Not a checkpoint, no access token, or the Hub refuses.
    """
    from huggingface_hub import CommitOperationAdd, HfApi  # noqa: PLC0415

    card = model_card(checkpoint)
    api = HfApi(token=require_token())
    with plain_refusals(repo):
        address = api.create_repo(repo, private=private, exist_ok=True)
        operations = [
            CommitOperationAdd("README.md", str(card).encode()),
            CommitOperationAdd(FILE, str(checkpoint)),
        ]
        api.create_commit(repo, operations, commit_message="Checkpoint and model card")
    return str(address)


def own_card(checkpoint: PurePath) -> str:
    """Name of the card that belongs to a checkpoint of this name and no other in its folder, as EVERYDAY_CARD.md."""
    return f"{checkpoint.stem.upper()}_{CARD.partition('_')[2]}"


def card_of(checkpoint: Path) -> Path:
    """The file with what was written of a checkpoint: a card of its own, or else that of its folder."""
    own = checkpoint.with_name(own_card(checkpoint))
    return own if own.is_file() else checkpoint.with_name(CARD)


def model_card(checkpoint: Path) -> ModelCard:
    """The card of a checkpoint: text and licence from `card_of` it, figures from the checkpoint itself.

    Without such a file the text says what the checkpoint knows of itself, and no licence is claimed.

    Raises:
        FileNotFoundError: There is no checkpoint.
        ValueError: It is none.
    """
    from huggingface_hub import EvalResult, ModelCard, ModelCardData, metadata_load  # noqa: PLC0415

    loaded = load_checkpoint(checkpoint)
    written = card_of(checkpoint)
    if written.is_file():
        text, known = written.read_text(encoding="utf-8"), metadata_load(written) or {}
    else:
        config, split = loaded.encoder.trained.config, loaded.split
        known = {}
        text = (
            f"# {checkpoint.stem}\n\nAn encoder that puts sketches and photos into one space of "
            f"{loaded.encoder.dim} dimensions ({config.backbone}, {config.encoders}), "
            f"trained on {len(split.seen)} categories.\n"
        )
    figures = [
        EvalResult(
            task_type=_TASK,
            dataset_type="categories",
            dataset_name=f"{len(loaded.split.validation)} validation categories",
            metric_type=name.removeprefix("validation "),
            metric_value=value,
        )
        for name, value in loaded.metrics.items()
    ]
    tags = [*_TAGS, *([_ZERO_SHOT] if loaded.split.validation or loaded.split.unseen else [])]
    described = {"library_name": "zsbir", "pipeline_tag": _TASK, "tags": tags, **known}
    card = ModelCard(text)
    card.data = ModelCardData(**described, model_name=checkpoint.stem, eval_results=figures or None)
    return card


def require_token() -> str:
    """The access token of whoever runs this.

    Raises:
        ValueError: There is none.
    """
    from huggingface_hub import get_token  # noqa: PLC0415

    token = get_token()
    if token is None:
        raise ValueError(
            f"Expected an access token of the Hugging Face Hub, found none; make one that may write at {_SETTINGS} "
            "and give it as HF_TOKEN, or run: hf auth login"
        )
    return token


@contextmanager
def plain_refusals(repo: str) -> Iterator[None]:
    """Turns what the Hub and the network refuse into one sentence about a repository.

    Raises:
        FileNotFoundError: There is no such repository, revision or file.
        ValueError: All else.
    """
    from huggingface_hub.errors import (  # noqa: PLC0415
        EntryNotFoundError,
        HfHubHTTPError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    transport_error: type[Exception] = HfHubHTTPError.__bases__[0]  # of the library below, which has had several names
    try:
        yield
    except RepositoryNotFoundError as error:
        raise FileNotFoundError(
            f"Expected a repository {repo} on the Hugging Face Hub that you may see, found none; check its name, "
            f"and give a token that may see it as HF_TOKEN ({_SETTINGS})."
        ) from error
    except LocalEntryNotFoundError as error:
        raise FileNotFoundError(
            f"Expected to reach the Hugging Face Hub for {repo}, found no way there and no copy in the cache; "
            "check the network."
        ) from error
    except (RevisionNotFoundError, EntryNotFoundError) as error:
        raise FileNotFoundError(
            f"Expected {FILE} in {repo} on the Hugging Face Hub at this revision, found none; check both."
        ) from error
    except HfHubHTTPError as error:
        status = error.response.status_code
        advice = f"give a valid token that may write as HF_TOKEN ({_SETTINGS})" if status in (401, 403) else "try later"
        reason = clause(error.server_message or error.response.reason_phrase)
        raise ValueError(
            f"Expected the Hugging Face Hub to accept {repo}, found {status}: {reason}; {advice}."
        ) from error
    except (transport_error, ConnectionError, RuntimeError) as error:  # the last when a large file did not get through
        raise ValueError(
            f"Expected to reach the Hugging Face Hub for {repo}, found {clause(error)}; check the network and try "
            "again."
        ) from error
