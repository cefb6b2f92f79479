# One image for every process. APP_FILE names a script to run, such as sttworker.py; without it the web
# is served, which APP_MODULE may name. It runs as any user of the group 0, on a read-only root.

# What builds has compilers, what runs has none. Both are by the same people, and are to have the same Python.
ARG PYTHON_IMAGE=registry.access.redhat.com/ubi9/python-312:latest
ARG RUNTIME_IMAGE=registry.access.redhat.com/ubi9/python-312-minimal:latest

FROM ${PYTHON_IMAGE} AS build
# Only what builds is root, to be able to write below /opt.
# hadolint ignore=DL3002
USER 0
# Of an index without a password: what a build is given stays in the image's history.
ARG PIP_INDEX_URL=
# More recognisers, such as "faster-whisper vosk"; requirements-recognisers.txt has their versions.
ARG RECOGNISERS=
WORKDIR /opt/cherha
COPY requirements.txt requirements-celery.txt requirements-monitor.txt requirements-recognisers.txt ./
# pip stays outside: nobody is to install anything in the image that runs. RECOGNISERS is a list.
# hadolint ignore=SC2086
RUN set -eu; \
    python3 -m venv --without-pip venv; \
    if [ -z "$PIP_INDEX_URL" ]; then unset PIP_INDEX_URL; fi; \
    add() { python3 -m pip --python venv/bin/python install --no-cache-dir --disable-pip-version-check "$@"; }; \
    add --requirement requirements-celery.txt; \
    add --no-deps --requirement requirements-monitor.txt; \
    if [ -n "$RECOGNISERS" ]; then add --constraint requirements-recognisers.txt $RECOGNISERS; fi
COPY . src/
# Whoever has cloned with a strict umask would build an image that nobody else can read. What runs
# cannot write compiled files, so they are made here, by what the sources say and not by their times.
RUN set -eu; \
    venv/bin/python -m compileall -q --invalidation-mode unchecked-hash src venv/lib; \
    chmod -R a+rX,go-w src venv; \
    chmod 0755 src/openshift/start.sh; \
    install -d -o 1001 -g 0 -m 0770 files

FROM ${RUNTIME_IMAGE}
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG SOURCE_URL=
LABEL name="cherha" \
      summary="Slow work behind a web form, and none of it lost" \
      description="The web, and every worker: APP_FILE or APP_MODULE says which" \
      version="${VERSION}" \
      io.k8s.display-name="Cherha" \
      io.k8s.description="Puts slow work behind a web form, and loses none of it" \
      io.openshift.expose-services="8080:http" \
      io.openshift.tags="python,flask,queue" \
      org.opencontainers.image.title="Cherha" \
      org.opencontainers.image.description="Slow work behind a web form, and none of it lost" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE_URL}"
COPY --from=build /opt/cherha/venv /opt/cherha/venv
COPY --from=build /opt/cherha/src /opt/cherha/src
# What a volume that is empty begins with: its owner may write, and so may the group that any user has.
COPY --from=build --chown=1001:0 /opt/cherha/files /var/lib/cherha/files
# HOME is where a library may look for a place of its own: the volume for what is temporary.
ENV PATH=/opt/cherha/venv/bin:/usr/local/bin:/usr/bin:/bin \
    HOME=/tmp \
    HOST=0.0.0.0 \
    PORT=8080 \
    STORAGE_URL=file:///var/lib/cherha/files \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
WORKDIR /opt/cherha/src
USER 1001
EXPOSE 8080
# Bases of this kind begin with a shell; here nothing stands between a signal and Python.
ENTRYPOINT []
CMD ["/opt/cherha/src/openshift/start.sh"]
