#!/usr/bin/env bash
# Runs docker-compose.yml from the images of build_with_buildah.sh (api, worker and valkey) with two
# workers, puts a job through, and takes everything away again. As root, on Debian:
#   apt-get install podman runc netavark aardvark-dns && pip install podman-compose
#   tests/containers/try_with_podman.sh VIDEO_OR_IMAGE [FOLDER_OF_A_BUNDLE]
# PODMAN_RUN_ARGS goes to every container; "--ulimit nproc=5000:5000 --ulimit nofile=4096:4096" is
# needed where root may not raise its limits. Without a bundle, the one in the worker's image runs.
# Where crun cannot run (cgroups in hybrid mode), name a file in CONTAINERS_CONF that says
# [engine] runtime="runc" cgroup_manager="cgroupfs", a line each.
set -euo pipefail
media=$(realpath "$1")
bundle=${2:+$(realpath "$2")}
root=$(realpath "$(dirname "$0")/../..")
folder=$(mktemp -d)
cd "$folder"

compose() {
  podman-compose --podman-run-args="${PODMAN_RUN_ARGS:-}" -f docker-compose.yml -f bundle.yml "$@"
}
ask() { curl --silent --show-error --max-time 60 -H "Authorization: Bearer $key" "$@"; }
address=http://127.0.0.1:8000

cp "$root/docker-compose.yml" .
if [ -n "$bundle" ]; then
  printf 'services: {worker: {volumes: ["%s:/model:ro"], environment: {DEEPFAKE_MODEL: /model}}}\n' \
    "$bundle" > bundle.yml
else
  echo 'services: {}' > bundle.yml
fi
(umask 077 && echo "DEEPFAKE_REDIS_PASSWORD=$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')" > .env)
key=none # until the gateway runs

clean_up() { # podman-compose down forgets the second worker
  podman pod rm --force --time 60 pod_deepfake > /dev/null
  compose down --volumes > /dev/null
  rm -rf "$folder"
}
trap clean_up EXIT
compose up --detach --no-build --scale worker=2
for _ in $(seq 90); do
  [ "$(ask --output /dev/null --write-out '%{http_code}' $address/readyz || true)" = 200 ] && break
  sleep 2
done
ask --fail-with-body $address/readyz && echo
key=$(podman exec deepfake_api_1 deepfake keys create --tenant trial)
for service in redis api worker; do
  podman healthcheck run "deepfake_${service}_1" && echo "$service is healthy"
done
job=$(ask --fail-with-body -F "file=@$media" $address/v1/jobs | sed 's/.*"id": *"\([^"]*\)".*/\1/')
for _ in $(seq 10); do
  answer=$(ask --fail-with-body "$address/v1/jobs/$job?wait=30")
  grep -qE '"status": *"(queued|processing)"' <<< "$answer" || break
done
echo "$answer"
compose logs worker 2>&1 | tail -n 20
grep -qE '"status": *"succeeded"' <<< "$answer"
