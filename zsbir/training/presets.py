"""Recipes: what `--preset` sets before the flags beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from zsbir.training.config import TrainConfig
from zsbir.training.tuning import TuningConfig


def default(config: TrainConfig) -> TrainConfig:
    """This project's own."""
    return config


def published(config: TrainConfig) -> TrainConfig:
    """The first version of this project (see README, References: Dey et al.).

    Triplets whose negatives mean nearly the same, two DenseNets with 1,024 max-pooled features, reversal strength 1 at
    epoch 25.
    """
    return replace(
        config,
        encoder=replace(
            config.encoder,
            backbone="densenet121",
            encoders="separate",
            batch_norm="trained",
            pooling="max",
            head="none",
            embedding_dim=1024,
        ),
        preprocessing=replace(config.preprocessing, sketch_size=224, photo_size=224, sketch_turn=0.0, max_slant=0.0),
        losses=replace(
            config.losses,
            hard_negatives="semantic",
            margin=0.5,  # in cosine distance; the Euclidean 1 of the original, from a perfect positive
            domain_loss_ratio=1.0,
            classification_loss_ratio=0.0,
            teacher_loss_ratio=0.0,
        ),
        train_size=224,
        backbone_weights="hub",
        grl_threshold_epoch=25.0,
        plain_sketches=True,
        pseudo_sketch_ratio=0.0,
        learning_rate=1e-4,
        head_speed=10.0,
        weight_decay=0.0,
        average_decay=0.0,
        hub_sketches=0,
    )


def clip(config: TrainConfig) -> TrainConfig:
    """CLIP's vision tower, of which LayerNorms alone learn.

    After Sain et al., "CLIP for All Things Zero-Shot Sketch-Based Image Retrieval, Fine-Grained or Not", CVPR 2023:
    ViT-B/32, rate 1e-5, batches of 64, without their prompts.
    """
    return _few_weights_learn(
        config, "vit_base_patch32_clip_quickgelu_224.openai", TuningConfig("norm"), learning_rate=1e-5
    )


def dinov2(config: TrainConfig) -> TrainConfig:
    """DINOv2, whose linear layers learn changes of low rank.

    Oquab et al., "DINOv2: Learning Robust Visual Features without Supervision", TMLR 2024, the small network with
    registers; Hu et al., "LoRA", ICLR 2022.
    """
    return _few_weights_learn(
        config, "vit_small_patch14_reg4_dinov2.lvd142m", TuningConfig("lora:8"), learning_rate=1e-4
    )


def siglip2(config: TrainConfig) -> TrainConfig:
    """SigLIP 2's vision tower, whose last blocks learn, the earlier the slower.

    Tschannen et al., "SigLIP 2", 2025; rates that fall with depth as in Bao et al., "BEiT", ICLR 2022.
    """
    tuning = TuningConfig("last:4", layer_decay=0.75, gradient_checkpointing=True)
    return _few_weights_learn(config, "vit_base_patch16_siglip_224.v2_webli", tuning, learning_rate=2e-5)


def _few_weights_learn(config: TrainConfig, backbone: str, tuning: TuningConfig, learning_rate: float) -> TrainConfig:
    """What most of the network knows stays, so no teacher has to keep it; new layers learn at 1e-3."""
    return replace(
        config,
        encoder=replace(config.encoder, backbone=backbone),
        preprocessing=replace(config.preprocessing, sketch_size=224, photo_size=224),
        losses=replace(config.losses, teacher_loss_ratio=0.0),
        tuning=tuning,
        train_size=224,
        backbone_weights="hub",
        learning_rate=learning_rate,
        head_speed=1e-3 / learning_rate,
    )


PRESETS: dict[str, Callable[[TrainConfig], TrainConfig]] = {
    recipe.__name__: recipe for recipe in (default, published, clip, dinov2, siglip2)
}
