#!/usr/bin/env bash
# Writes what is installed into the images and by `make serve` as CycloneDX JSON, from the lock files:
# names, versions and hashes of every package. cyclonedx-bom runs from an environment of its own that is
# thrown away. OUT is the folder, build/sbom unless given.
set -euo pipefail
cd "$(dirname "$0")/.."
PYTHON=${PYTHON:-python3}
CYCLONEDX_BOM=7.5.0
OUT=${OUT:-build/sbom}

tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
if ! { "$PYTHON" -m venv "$tools" && "$tools/bin/pip" install --quiet "cyclonedx-bom==$CYCLONEDX_BOM"; }; then
  echo "NO SBOM: cyclonedx-bom $CYCLONEDX_BOM cannot be installed; see above." >&2
  exit 2
fi
mkdir -p "$OUT"
for file in gateway worker worker-gpu serve; do
  PYTHONWARNINGS=ignore "$tools/bin/cyclonedx-py" requirements --pyproject pyproject.toml --output-reproducible --spec-version 1.6 \
    --output-format JSON --output-file "$OUT/$file.cdx.json" "requirements/$file.txt"
  echo "$OUT/$file.cdx.json: $(grep -c '"type": "library"' "$OUT/$file.cdx.json") packages"
done
