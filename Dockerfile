# syntax=docker/dockerfile:1
# One image for every process: its command says which (see docker-compose.yml).

FROM python:3.13.5-slim-bookworm AS dependencies
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_NO_INPUT=1
RUN python -m venv /opt/ringledger
COPY requirements.lock /build/requirements.lock
# Wheels only: nothing is compiled, and nothing comes in whose bytes are not in the lock file.
RUN /opt/ringledger/bin/pip install --quiet --require-hashes --only-binary :all: -r /build/requirements.lock \
    && /opt/ringledger/bin/pip uninstall --quiet --yes pip
COPY --chmod=0755 <<'SCRIPT' /opt/ringledger/bin/ringledger
#!/opt/ringledger/bin/python
from cli.main import app

app()
SCRIPT

FROM python:3.13.5-slim-bookworm
RUN groupadd --system --gid 10001 ringledger \
    && useradd --system --uid 10001 --gid ringledger --home-dir /app --no-create-home --shell /usr/sbin/nologin ringledger
COPY --from=dependencies /opt/ringledger /opt/ringledger
WORKDIR /app
COPY contracts contracts
COPY chassis chassis
COPY services services
COPY cli cli
# Compiled once here, because the user below may not write next to the sources.
RUN /opt/ringledger/bin/python -m compileall -q /app
ENV PATH=/opt/ringledger/bin:$PATH \
    PYTHONPATH=/app \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PYTHONFAULTHANDLER=1 \
    TZ=UTC
USER 10001:10001
# Health is asked by docker-compose.yml, which knows each process's port.
CMD ["ringledger", "--help"]
