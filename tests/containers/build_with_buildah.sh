#!/usr/bin/env bash
# Builds both images without a container engine and without an image registry, as root on Debian:
#   apt-get install buildah debootstrap
#   tests/containers/build_with_buildah.sh [api] [worker] [worker-gpu] [valkey]    (or: api worker)
# A minbase bookworm tree with Python 3.11 takes the place of the Dockerfiles' own base image, so
# that the Dockerfiles are built as they are. What pip needs on this machine is mounted for the
# time of the build; of it, an image keeps at most an empty /etc/pip.conf:
#   PYTHON_TREE where a Python is installed that goes to /usr/local, with pip and setuptools, as the
#               image of that name has it; without it, Debian's Python stays where it is
#   PIP_CONF    a pip.conf, seen as /etc/pip.conf
#   CA_BUNDLE   certificates, seen as /etc/ssl/certs/ca-certificates.crt
#   LAYERS=true keeps the layers between, for a quick next build; vfs storage pays for it in disk
# valkey makes a stand-in for the image of that name out of Debian's package, to run the compose
# file with: see try_with_podman.sh.
# The images: buildah images. Away with them: buildah rmi --all.
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
  [ -z "${PYTHON_TREE:-}" ] || replace_python "$tree"
  container=$(buildah from scratch)
  buildah add --quiet "$container" "$tree" / > /dev/null
  buildah config --env PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin --cmd python3 "$container"
  buildah commit --quiet --rm "$container" "$base" > /dev/null
  rm -rf "$tree"
}

replace_python() { # in the tree; Debian's libraries that a Python needs stay
  rm -rf "$1"/usr/bin/python3* "$1"/usr/lib/python3* "$1"/usr/share/python-wheels
  tar -C "$PYTHON_TREE" -c --exclude='./lib/python3*/site-packages/*' --exclude=./lib/python3*/test \
    --exclude='./lib/python3*/config-*' --exclude=__pycache__ ./lib ./bin/python{,3,"$python_version"} |
    tar -C "$1/usr/local" -x --no-same-owner
  chroot "$1" sh -ec 'ldconfig; /usr/local/bin/python3 -m ensurepip > /dev/null'
}

build() { # the Dockerfile's suffix, the image's name, more options
  local dockerfile="Dockerfile.$1" image=$2
  shift 2
  # --format docker: OCI images have no HEALTHCHECK.
  buildah bud --isolation chroot --pull-never --format docker --quiet --layers="${LAYERS:-false}" \
    ${PIP_CONF:+--volume "$PIP_CONF:/etc/pip.conf:ro"} \
    ${CA_BUNDLE:+--volume "$CA_BUNDLE:/etc/ssl/certs/ca-certificates.crt:ro"} \
    "$@" --file "$dockerfile" --tag "$image" .
}

stand_in_for_valkey() {
  local container
  container=$(buildah from --pull-never "$base")
  buildah run --isolation chroot "$container" -- sh -ec '
    sed "s/ bookworm / bookworm-backports /" /etc/apt/sources.list > /etc/apt/sources.list.d/b.list
    apt-get update -qq -o APT::Sandbox::User=root
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq -o APT::Sandbox::User=root \
      --no-install-recommends -t bookworm-backports valkey-server > /dev/null
    install -d -o 999 -g 1000 /data'
  buildah config --workingdir /data --volume /data --cmd valkey-server "$container"
  buildah commit --quiet --format docker --rm "$container" \
    "$(sed -n 's/^ *image: \(valkey.*\)/docker.io\/\1/p' docker-compose.yml)"
}

buildah inspect --type image "$base" > /dev/null 2>&1 || import_base
[ $# -gt 0 ] || set -- api worker
for what; do
  case "$what" in
    api | worker) build "$what" "deepfake-$what" ;;
    worker-gpu) build worker deepfake-worker-gpu --build-arg VARIANT=gpu ;;
    valkey) stand_in_for_valkey ;;
    *) echo "There is no image $what; take api, worker, worker-gpu or valkey." >&2; exit 2 ;;
  esac
done
buildah images --format '{{.Name}}:{{.Tag}} {{.Size}}' --filter 'reference=deepfake-*'
