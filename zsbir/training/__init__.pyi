from .config import TrainConfig as TrainConfig
from .loop import train as train
from .start import tuned as tuned

__all__ = ["TrainConfig", "train", "tuned"]
