from .build import build_gallery as build_gallery
from .gallery import Gallery as Gallery
from .photo import Photo as Photo
from .retriever import Match as Match
from .retriever import Retriever as Retriever

__all__ = ["Gallery", "Match", "Photo", "Retriever", "build_gallery"]
