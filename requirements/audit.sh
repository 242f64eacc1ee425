#!/usr/bin/env bash
# Asks which of the pinned packages have a known hole. pip-audit runs from an environment of its own
# that is thrown away; it sends names and versions to a database of holes on the Internet. Exit status:
# 0 none known, 1 some known (listed above), 2 the database or the package index could not be asked.
set -uo pipefail
cd "$(dirname "$0")/.."
PYTHON=${PYTHON:-python3}
PIP_AUDIT=2.10.1
SERVICE=${SERVICE:-pypi} # or osv
TIMEOUT=${TIMEOUT:-15}

tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
if ! { "$PYTHON" -m venv "$tools" && "$tools/bin/pip" install --quiet "pip-audit==$PIP_AUDIT"; }; then
  echo "NOT AUDITED: pip-audit $PIP_AUDIT cannot be installed; see above. Nothing is known of the packages." >&2
  exit 2
fi

status=0
for file in dev worker-gpu tower peers; do # dev.txt holds all packages of the other files
  echo "requirements/$file.txt"
  # The files are complete and hashed, so nothing is resolved or installed to read them.
  "$tools/bin/pip-audit" --progress-spinner off --timeout "$TIMEOUT" --vulnerability-service "$SERVICE" \
    --disable-pip --require-hashes --requirement "requirements/$file.txt" > "$tools/found" 2> "$tools/said"
  code=$?
  # A package that the database does not answer for is skipped, and pip-audit then ends with 0.
  skipped=$(grep -c 'could not be audited' "$tools/found")
  if [ "$skipped" -gt 0 ]; then
    echo "NOT AUDITED: the database of holes ($SERVICE) does not answer for $skipped packages of requirements/$file.txt from here, the first being:" >&2
    grep -m 1 'could not be audited' "$tools/found" >&2
    exit 2
  elif [ $code -ne 0 ] && ! grep -q '^Found [0-9]* known' "$tools/said"; then
    tail -n 3 "$tools/said" >&2
    echo "NOT AUDITED: the database of holes ($SERVICE) cannot be asked from here. Nothing is known of the packages." >&2
    exit 2
  fi
  cat "$tools/found"
  grep -E '^(Found|No known)' "$tools/said"
  [ $code -eq 0 ] || status=1
done
exit $status
