from .encoder.embedder import Embedder as Embedder
from .encoder.embedder import load_embedder as load_embedder
from .gallery.gallery import Gallery as Gallery
from .gallery.retriever import Match as Match
from .gallery.retriever import Retriever as Retriever

__all__ = ["Embedder", "Gallery", "Match", "Retriever", "load_embedder"]
