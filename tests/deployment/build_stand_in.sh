#!/usr/bin/env bash
# Build the Dockerfile without Docker and without a registry of images, on a Debian that stands in for
# UBI, and print the folder in which the image's files are. For root, with buildah and mmdebstrap:
#
#     CHERHA_IMAGE_ROOT=$(tests/deployment/build_stand_in.sh /tmp/image) \
#         .venv/bin/python -m pytest tests/deployment/test_container.py
set -euo pipefail
place=${1:?which folder may it use?}
tree=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
mkdir -p "$place/base"

in_place() {
    buildah --root "$place/store" --runroot "$place/run" --storage-driver vfs "$@"
}

if [ ! -s "$place/base/base.tar" ]; then
    mmdebstrap --variant=minbase --include=python3,python3-venv,python3-pip,ca-certificates \
        bookworm "$place/base/base.tar" >&2
fi
cat >"$place/base/Dockerfile" <<'TEXT'
FROM scratch
ADD base.tar /
RUN useradd -u 1001 -g 0 -m -d /opt/app-root/src default && python3 -m venv /opt/app-root
ENV PATH=/opt/app-root/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
USER 1001
TEXT
# What this machine's pip needs to know, it needs inside too.
known=()
for file in /etc/ssl/certs/ca-certificates.crt /etc/pip.conf; do
    if [ -f "$file" ]; then known+=(-v "$file:$file:ro"); fi
done
in_place inspect --type image stand-in >/dev/null 2>&1 ||
    in_place bud --isolation chroot -t stand-in "$place/base" >&2
in_place bud --isolation chroot --pull-never "${known[@]}" -t cherha \
    --build-arg PYTHON_IMAGE=stand-in --build-arg RUNTIME_IMAGE=stand-in "$tree" >&2
in_place mount "$(in_place from --pull-never cherha)"
