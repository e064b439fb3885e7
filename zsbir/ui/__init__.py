"""The page: a canvas, the photos it finds, and an endpoint for programs. The only package that imports gradio."""

from zsbir.serving.proxies import reach_directly
from zsbir.silence import nothing_is_sent

nothing_is_sent()
reach_directly()  # Gradio makes clients as soon as it is imported
