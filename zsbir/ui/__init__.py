"""The page: a canvas, the photos it finds, and an endpoint for programs. The only package that imports gradio."""
