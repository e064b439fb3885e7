from .config import TrainConfig as TrainConfig
from .loop import train as train

__all__ = ["TrainConfig", "train"]
