#!/bin/sh
# What the image runs: APP_FILE is a script of its own, such as sttworker.py; without it the web is
# served, which APP_MODULE may name. `exec`, so that Python itself is told to stop.
set -eu
cd "$(dirname "$0")/.."
if [ -n "${APP_FILE:-}" ]; then
    exec python "$APP_FILE"
fi
# Its own folder may be read-only, and to note that a process lives must not wait for a disk.
exec python -m gunicorn --no-control-socket --worker-tmp-dir /dev/shm \
    "${APP_MODULE:-app_srvc.webapp:create_app()}"
