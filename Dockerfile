# The production image: web, workers and beat run from it, each with its own command (docker-compose.yml).
FROM python:3.13-slim-trixie AS build
WORKDIR /app
COPY requirements/base.txt requirements/base.txt
RUN python -m venv /venv \
    && /venv/bin/pip install --quiet --no-cache-dir --disable-pip-version-check \
        --require-hashes --only-binary :all: -r requirements/base.txt

FROM python:3.13-slim-trixie
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
COPY plans plans
COPY taperplan taperplan
COPY templates templates
# Needs no key and no database: `taperplan.serving` asks for them when serving begins.
RUN python -m plans.management.catalogue && python manage.py collectstatic --no-input --verbosity 0
USER taperplan
VOLUME /data
EXPOSE 8000
CMD ["gunicorn", "-c", "python:taperplan.web_server", "taperplan.wsgi"]
