#!/usr/bin/env bash
# Builds both images without a container engine and without an image registry, as root on Debian:
#   apt-get install buildah debootstrap
#   tests/containers/build_with_buildah.sh [api] [worker] [worker-gpu]     (api and worker alone)
# A minbase bookworm tree with Python 3.11 takes the place of the Dockerfiles' own base image, so
# that the Dockerfiles are built as they are. What pip needs on this machine is mounted for the
# time of the build, and ends up neither in a Dockerfile nor in an image:
#   PIP_CONF    a pip.conf, seen as /etc/pip.conf
#   CA_BUNDLE   certificates, seen as /etc/ssl/certs/ca-certificates.crt
# The images: buildah images. Away with them: buildah rmi --all (vfs storage takes much disk).
set -euo pipefail
cd "$(dirname "$0")/../.."
export STORAGE_DRIVER="${STORAGE_DRIVER:-vfs}"
python_version=$(sed -n 's/^ARG PYTHON_VERSION=//p' Dockerfile.api)
base="docker.io/library/python:$python_version-slim-bookworm"

import_base() {
  local tree container
  tree=$(mktemp -d)
  debootstrap --variant=minbase --include=ca-certificates,python3,python3-venv bookworm "$tree"
  rm -rf "$tree"/var/cache/apt/archives/*.deb "$tree"/var/lib/apt/lists/*
  container=$(buildah from scratch)
  buildah add --quiet "$container" "$tree" / > /dev/null
  buildah config --env PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin --cmd python3 "$container"
  buildah commit --quiet --rm "$container" "$base" > /dev/null
  rm -rf "$tree"
}

build() { # the Dockerfile's suffix, the image's name, more options
  local dockerfile="Dockerfile.$1" image=$2
  shift 2
  # --format docker: OCI images have no HEALTHCHECK.
  buildah bud --isolation chroot --pull-never --format docker --layers=false --quiet \
    ${PIP_CONF:+--volume "$PIP_CONF:/etc/pip.conf:ro"} \
    ${CA_BUNDLE:+--volume "$CA_BUNDLE:/etc/ssl/certs/ca-certificates.crt:ro"} \
    "$@" --file "$dockerfile" --tag "$image" .
}

buildah inspect --type image "$base" > /dev/null 2>&1 || import_base
[ $# -gt 0 ] || set -- api worker
for what; do
  case "$what" in
    api | worker) build "$what" "deepfake-$what" ;;
    worker-gpu) build worker deepfake-worker-gpu --build-arg VARIANT=gpu ;;
    *) echo "There is no image $what; take api, worker or worker-gpu." >&2; exit 2 ;;
  esac
done
buildah images --format '{{.Name}}:{{.Tag}} {{.Size}}' --filter 'reference=deepfake-*'
