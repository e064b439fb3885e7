from .checkpoint import load_checkpoint as load_checkpoint
from .embedder import Embedder as Embedder
from .embedder import load_embedder as load_embedder
from .model import EncoderConfig as EncoderConfig

__all__ = ["Embedder", "EncoderConfig", "load_checkpoint", "load_embedder"]
