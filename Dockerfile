# stackproof with all its extras, run by an ordinary user: docker run --rm -v "$PWD:/work" stackproof check plan.json
# Packages are those of requirements/stackproof.txt, with their hashes.
FROM python:3.13-slim-bookworm AS build
WORKDIR /source
COPY requirements/stackproof.txt requirements/
RUN python -m venv /opt/stackproof \
    && /opt/stackproof/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes --requirement requirements/stackproof.txt
COPY . .
RUN /opt/stackproof/bin/pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /dist . \
    && /opt/stackproof/bin/pip install --no-cache-dir --no-deps /dist/*.whl

FROM python:3.13-slim-bookworm
# git: what controls of sources read a repository with. The mounted one belongs to whoever started the container.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends git \
    && rm -rf /var/lib/apt/lists/* \
    && git config --system --add safe.directory '*' \
    && useradd --uid 10001 --create-home stackproof
COPY --from=build /opt/stackproof /opt/stackproof
ENV PATH=/opt/stackproof/bin:$PATH PYTHONUTF8=1
USER 10001
WORKDIR /work
ENTRYPOINT ["stackproof"]
CMD ["--help"]
