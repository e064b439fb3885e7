"""What a training run is asked to do."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any

from zsbir.encoder.backbone import input_scaling, taken_size
from zsbir.encoder.model import EncoderConfig
from zsbir.pictures.preparation import PreprocessConfig
from zsbir.training.distributed import Processes
from zsbir.training.learner import LossConfig
from zsbir.training.teacher import TeacherConfig
from zsbir.training.text_tower import TextTowerConfig
from zsbir.training.tuning import TuningConfig

_PATHS = ("data_dir", "extra_dir", "checkpoint_dir", "word_vectors", "start_from")


@dataclass(frozen=True)
class TrainConfig:
    """One run of training.

    Attributes:
        data_dir: Folder with sketches/, photos/ and the label files.
        checkpoint_dir: Where checkpoint, state and logs go.
        epochs: In each as many photos are drawn as there are, unless steps_per_epoch says how many.
        batch_size: Sketches a step, with as many photos, for each process.
        encoder: The network.
        preprocessing: What it sees; `mean` and `std` always become those that its backbone expects, or those of the
            checkpoint that it starts from.
        losses: What it learns by.
        train_size: Side of training pictures; less than photo_size is faster, and as cropping makes things look larger
            in training, photos are best used larger afterwards (Touvron et al., "Fixing the train-test resolution
            discrepancy", 2019).
        extra_dir: Folder of further categories to train on, of sketches or photos alone.
        extra_ratio: Their photos, and their sketches, as a share of batch_size.
        start_from: Checkpoint of ours that is taught the categories of data_dir too; it sets the defaults of all that
            defines the network and of what suits few pictures.
        start_share: How much of it stays in the weights that are validated and shipped, 0 to below 1; the more, the
            less of what it knew is lost.
        backbone_weights: What it begins with: package = ImageNet's of a pip package (lite0; lite1 and lite2 if
            installed), hub = timm's download, or a file.
        word_vectors: GloVe file that says what names mean, for semantic hard negatives; a package says it if none is
            given.
        grl_threshold_epoch: Epoch at which the reversal strength reaches 1.
        plain_sketches: Do not vary sketches in pen, slant, proportion and completeness.
        pseudo_sketch_ratio: Share of the sketches of a batch that are made from its photos.
        context_ratio: Share of the photos of a batch that become a small part of another's scene, at times cut off by
            the frame, as things are in photos that people take.
        teacher: Whose knowledge of ImageNet is preserved.
        names: What says what the names of categories mean.
        tuning: What of the backbone learns.
        learning_rate: Peak rate of the backbone.
        head_speed: New layers learn this much faster than the backbone.
        weight_decay: Of AdamW.
        average_decay: Decay a step of the averaged weights that are validated and shipped.
        hub_sketches: Of each category, how many sketches and photos the checkpoint is finished by (hubs, whitening);
            0: it is not.
        recognition: How much it counts, beside similarity (1: as much), that sketch and photo are taken for the same
            category, where that is certain; for encoders that are used for what they were taught.
        steps_per_epoch: Overrides the length of an epoch.
        print_every: Steps from one line of the log to the next.
        workers: Processes that prepare pictures; 0 prepares them in the training process. Unless given, 1; on a GPU
            one for each core but that of the training process.
        seed: Of everything random.
    """

    data_dir: str
    checkpoint_dir: str
    epochs: int
    batch_size: int
    encoder: EncoderConfig = field(default_factory=EncoderConfig)
    preprocessing: PreprocessConfig = field(default_factory=PreprocessConfig)
    losses: LossConfig = field(default_factory=LossConfig)
    train_size: int = 112
    extra_dir: str = ""
    extra_ratio: float = 0.33
    start_from: str = ""
    start_share: float = 0.6
    backbone_weights: str = "package"
    word_vectors: str = ""
    grl_threshold_epoch: float = 5.0
    plain_sketches: bool = field(default=False, metadata={"negation": True})
    pseudo_sketch_ratio: float = 0.2
    context_ratio: float = 0.0
    teacher: TeacherConfig = field(default_factory=TeacherConfig)
    names: TextTowerConfig = field(default_factory=TextTowerConfig)
    tuning: TuningConfig = field(default_factory=TuningConfig)
    learning_rate: float = 3e-4
    head_speed: float = 3.0
    weight_decay: float = 1e-4
    average_decay: float = 0.998
    hub_sketches: int = 6
    recognition: float = 0.0
    steps_per_epoch: int | None = None
    print_every: int = 50
    workers: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.epochs < 1:
            raise ValueError(f"Expected at least 1 epoch, found {self.epochs}.")
        if not 0 <= self.context_ratio <= 1:
            raise ValueError(f"Expected a share of photos in context from 0 to 1, found {self.context_ratio}.")
        if self.hub_sketches < 0:
            raise ValueError(f"Expected 0 sketches of a category or more to know hubs by, found {self.hub_sketches}.")
        if self.recognition < 0:
            raise ValueError(f"Expected recognition to count 0 or more, found {self.recognition}.")
        if self.recognition and not self.losses.classification_loss_ratio:
            raise ValueError("Expected classification to be learned where it counts, found a ratio of 0; raise it.")
        if self.word_vectors and self.names.text_tower:
            raise ValueError(
                f"Expected word vectors or a text tower to say what names mean, found {self.word_vectors} and "
                f"{self.names.text_tower}; give one."
            )
        if not 0 <= self.start_share < 1:
            raise ValueError(f"Expected a share of the start from 0 to below 1, found {self.start_share}.")
        if self.steps_per_epoch is not None and self.steps_per_epoch < 1:
            raise ValueError(f"Expected at least 1 step an epoch, found {self.steps_per_epoch}.")
        taken_size(self.encoder.backbone, self.train_size)  # refuses what is no such network before anything is read
        if not self.start_from:  # whose own they stay
            mean, std = input_scaling(self.encoder.backbone)
            object.__setattr__(self, "preprocessing", replace(self.preprocessing, mean=mean, std=std))


def settings(config: TrainConfig, group: Processes) -> dict[str, Any]:
    """What is kept of a configuration: all but the paths, which are no use elsewhere."""
    kept = {name: value for name, value in asdict(config).items() if name not in _PATHS}
    return {**kept, "processes": group.count}
