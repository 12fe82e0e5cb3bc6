# JupyterLab with torch-judge, on any Debian base that has Python 3.11 or later.
ARG BASE=python:3.12-slim-bookworm

FROM ${BASE} AS build
RUN apt-get update \
    && apt-get install --yes --no-install-recommends nodejs \
    && rm -rf /var/lib/apt/lists/*
RUN python3 -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
# torch before the sources: the largest layer changes least.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
COPY constraints.txt ./
RUN pip install --constraint constraints.txt --extra-index-url "${TORCH_INDEX}" torch
COPY . .
RUN pip install --constraint constraints.txt ".[plots,widgets]" ./labextension

FROM ${BASE}
LABEL org.opencontainers.image.title="torch-judge" \
      org.opencontainers.image.description="Write PyTorch building blocks from scratch and be told what is wrong with them." \
      org.opencontainers.image.licenses="MIT"
RUN useradd --create-home --uid 1000 learner && install --directory --owner=learner --group=learner /home/learner/work
COPY --from=build /opt/venv /opt/venv
# Progress lies in the volume, beside the notebooks.
ENV PATH=/opt/venv/bin:$PATH TORCH_JUDGE_HOME=/home/learner/work/.torch-judge PYTHONUNBUFFERED=1
USER learner
WORKDIR /home/learner/work
VOLUME /home/learner/work
EXPOSE 8888
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8888/api', timeout=4)"]
CMD ["torch-judge", "lab", ".", "--no-browser", "--ip=0.0.0.0", "--port=8888", "--ServerApp.port_retries=0"]
