# The production image: web, workers and beat run from it, each with its own command (docker-compose.yml). Demo, seeding
# and the servers of the tests are left out (.dockerignore). What it holds stands in /app/sbom.cdx.json, and under which
# licences in /app/licences.txt.
ARG PYTHON_IMAGE=python:3.13-slim-trixie
FROM ${PYTHON_IMAGE} AS build
WORKDIR /app
COPY requirements/base.txt requirements/base.txt
RUN python -m venv /venv \
    && /venv/bin/pip install --quiet --no-cache-dir --disable-pip-version-check \
        --require-hashes --only-binary :all: -r requirements/base.txt

FROM ${PYTHON_IMAGE}
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=taperplan.settings \
    STATIC_ROOT=/app/staticfiles \
    DOCUMENTS_DIR=/data/documents \
    BIND=0.0.0.0:8000
RUN useradd --system --uid 10001 --home-dir /nonexistent --shell /usr/sbin/nologin taperplan \
    && install -d -o taperplan -m 0700 /data /data/documents
COPY --from=build /venv /venv
WORKDIR /app
COPY manage.py ./
COPY requirements/base.txt requirements/base.txt
COPY plans plans
COPY taperplan taperplan
COPY templates templates
# Needs no key and no database: `taperplan.serving` asks for them when serving begins.
RUN python -m plans.management.catalogue && python manage.py collectstatic --no-input --verbosity 0 \
    && python -m taperplan.bom --sbom /app/sbom.cdx.json --licences /app/licences.txt
USER taperplan
VOLUME /data
EXPOSE 8000
CMD ["gunicorn", "-c", "python:taperplan.web_server", "taperplan.wsgi"]
