# Airflow with Veerpont installed, for every role of docker-compose.yaml and for Kubernetes. Nothing secret is in it.
# How to move the digest: docs/how-to/containers.md, "What the images are made of"
ARG BASE=python:3.11-slim@sha256:9c900dea9e8fb7e16277c179b555cc72d29a352dbc33cff48ad5a0412fd5bfc7
FROM ${BASE}

ENV PYTHONUNBUFFERED=1 \
    AIRFLOW_HOME=/opt/airflow \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/veerpont/dags \
    AIRFLOW__CORE__PLUGINS_FOLDER=/opt/veerpont/plugins \
    AIRFLOW__CORE__LOAD_EXAMPLES=False

WORKDIR /opt/veerpont

RUN groupadd --gid 10001 veerpont \
    && useradd --uid 10001 --gid veerpont --home-dir /opt/airflow --create-home --shell /usr/sbin/nologin veerpont

# nothing is installed whose hash is not in the file, and our own package is built with what it holds
COPY requirements-image.txt ./
RUN pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements-image.txt

# pyproject.toml and README.md describe the package, include/ is the package
COPY pyproject.toml hatch_build.py README.md LICENSE ./
COPY include/veerpont ./include/veerpont
RUN pip install --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
COPY dags ./dags
COPY plugins ./plugins

# named volumes take over these owners
RUN mkdir -p /opt/airflow/logs /opt/veerpont/vault /opt/veerpont/integrations \
    && chown -R veerpont:veerpont /opt/airflow /opt/veerpont/vault /opt/veerpont/integrations

# the probes of Airflow's Helm chart start their commands by it
RUN printf '#!/bin/sh\nexec "$@"\n' > /entrypoint && chmod 0755 /entrypoint

USER veerpont
CMD ["airflow", "version"]
