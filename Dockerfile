# Agon in one image: `serve` runs web, worker and scheduler. compose.yaml starts it.
FROM python:3.13-slim

ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 AGON_DATA_DIR=/data
WORKDIR /app

COPY requirements.txt requirements-dev.txt ./
# Of what developers have, the library for Parquet.
RUN sed -n '/^pyarrow==/,/[^\\]$/p' requirements-dev.txt > requirements-parquet.txt \
    && pip install --require-hashes -r requirements.txt -r requirements-parquet.txt \
    && rm requirements-dev.txt requirements-parquet.txt

# The program is root's, and nobody in the container may change it; the data folder is all that Agon writes to.
COPY manage.py pyproject.toml LICENSE ./
COPY arena ./arena
COPY judges ./judges
COPY ranking ./ranking
COPY static ./static
COPY templates ./templates
RUN python -m compileall -q arena judges ranking manage.py \
    && useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin agon \
    && install -d -o agon -g agon -m 700 /data
USER agon
VOLUME /data
EXPOSE 8000

# Asked under a name that Agon answers to.
HEALTHCHECK --interval=30s --timeout=5s --start-period=90s CMD ["python", "-c", "import http.client, os; host = (os.environ.get('AGON_ALLOWED_HOSTS') or 'localhost').split(',')[0].strip().removeprefix('.'); site = http.client.HTTPConnection('127.0.0.1', 8000, timeout=4); site.request('GET', '/healthz', headers={'Host': 'localhost' if host == '*' else host}); raise SystemExit(site.getresponse().status != 200)"]

CMD ["python", "manage.py", "serve", "--host", "0.0.0.0"]
