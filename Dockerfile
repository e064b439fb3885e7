# The app for any host that runs containers; a Space of the Hugging Face Hub does not need it.
#   docker build --tag zsbir .
#   docker run --publish 7860:7860 zsbir
FROM python:3.12-slim

# The address of an index of CPU wheels of torch as this argument makes the image gigabytes smaller: pip reads it.
ARG PIP_EXTRA_INDEX_URL
COPY requirements.txt /tmp/requirements.txt
RUN pip install --no-cache-dir --requirement /tmp/requirements.txt \
    && useradd --create-home --uid 1000 user

USER 1000
WORKDIR /home/user/app
COPY . .

ENV GRADIO_SERVER_NAME=0.0.0.0 GRADIO_SERVER_PORT=7860
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=10s --start-period=120s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:7860', timeout=9)"]
CMD ["python", "app.py"]
