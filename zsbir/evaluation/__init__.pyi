from .metrics import retrieval_figures as retrieval_figures
from .report import embed_split as embed_split
from .report import report as report

__all__ = ["embed_split", "report", "retrieval_figures"]
