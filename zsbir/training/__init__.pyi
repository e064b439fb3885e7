from .loop import train as train
from .run import TrainConfig as TrainConfig

__all__ = ["TrainConfig", "train"]
