"""docker-compose.yml and its GPU override: the rules that scaling and safety rest on."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml
from redis import Redis
from redis.exceptions import AuthenticationError

from api.settings import GatewaySettings
from deepfake.stack.embedded_redis import find_redis_server
from tests.containers.dockerfile import ROOT, values
from worker.drain import LAST_WORDS_S
from worker.settings import WorkerSettings
from worker.webhooks.settings import WebhookSettings

COMPOSE, GPU = "docker-compose.yml", "docker-compose.gpu.yml"
MONITORING = "docker-compose.monitoring.yml"
KEYS_FILE = "docker-compose.keys-file.yml"
PASSWORDS = ("DEEPFAKE_REDIS_PASSWORD", "DEEPFAKE_GRAFANA_PASSWORD")
APPENDONLY = "${DEEPFAKE_APPENDONLY:-yes}"
SERVICES = ("redis", "api", "worker", "webhooks")
each = pytest.mark.parametrize("service", SERVICES)
_UNITS = {"k": 1024, "m": 1024**2, "g": 1024**3}


def _load(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text("utf-8"))


def _service(name: str) -> Any:
    return _load(COMPOSE)["services"][name]


def _dockerfile(service: str) -> str:
    name: str = _service(service)["build"]["dockerfile"]
    return name


def _size(text: str) -> int:
    return int(text[:-1]) * _UNITS[text[-1]] if text[-1] in _UNITS else int(text)


def _option(name: str) -> str:
    command: list[str] = _service("redis")["command"]
    return command[command.index(f"--{name}") + 1]


def _default(field: str) -> Any:
    return WorkerSettings.model_fields[field].default


def test_there_are_four_services() -> None:
    assert tuple(_load(COMPOSE)["services"]) == SERVICES


@each
def test_a_service_has_no_fixed_name_so_that_it_scales(service: str) -> None:
    assert not {"container_name", "hostname", "network_mode"} & set(_service(service))


@each
def test_a_service_runs_read_only_without_capabilities_and_without_root(service: str) -> None:
    options = _service(service)
    assert options["read_only"] is True
    assert options["cap_drop"] == ["ALL"]
    assert "cap_add" not in options
    assert "privileged" not in options
    assert options["security_opt"] == ["no-new-privileges:true"]
    user = options.get("user") or values(_dockerfile(service), "USER")[-1]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)


@each
def test_a_service_is_limited_in_memory_and_processes(service: str) -> None:
    limits = _service(service)["deploy"]["resources"]["limits"]
    assert _size(limits["memory"]) > 0
    assert limits["pids"] > 0


@each
def test_the_health_of_a_service_is_checked(service: str) -> None:
    if "healthcheck" in _service(service):
        assert _service(service)["healthcheck"]["test"][0] == "CMD"
    else:
        assert len(values(_dockerfile(service), "HEALTHCHECK")) == 1


@pytest.mark.parametrize("service", ["api", "worker", "webhooks"])
def test_a_built_service_names_a_dockerfile_and_waits_for_redis(service: str) -> None:
    options = _service(service)
    assert (ROOT / options["build"]["dockerfile"]).is_file()
    assert options["depends_on"] == {"redis": {"condition": "service_healthy"}}


@pytest.mark.parametrize(
    ("service", "settings"),
    [("api", GatewaySettings), ("worker", WorkerSettings), ("webhooks", WebhookSettings)],
)
def test_every_variable_that_is_set_is_a_setting(service: str, settings: Any) -> None:
    variables = _service(service)["environment"]
    assert {name.removeprefix("DEEPFAKE_").lower() for name in variables} <= set(
        settings.model_fields
    )


def test_all_of_ours_log_in_one_format_that_can_be_chosen() -> None:
    built = [name for name in SERVICES if "build" in _service(name)]
    formats = {_service(name)["environment"].get("DEEPFAKE_LOG_FORMAT") for name in built}
    assert formats == {"${DEEPFAKE_LOG_FORMAT:-json}"}


def test_only_the_gateway_is_published_and_on_loopback_unless_asked() -> None:
    assert "ports" not in _service("redis")
    assert "ports" not in _service("worker")
    assert "ports" not in _service("webhooks")
    assert _service("api")["ports"] == ["${DEEPFAKE_PUBLISH:-127.0.0.1:8000}:8000"]
    assert _service("api")["environment"]["DEEPFAKE_PORT"] == "8000"


def test_redis_and_workers_have_no_way_out() -> None:
    networks = _load(COMPOSE)["networks"]
    assert networks["backend"]["internal"] is True
    assert _service("redis")["networks"] == _service("worker")["networks"] == ["backend"]


def test_the_sender_of_webhooks_has_a_way_out_and_its_own_health() -> None:
    assert _service("webhooks")["networks"] == ["frontend", "backend"]
    *_, module = _service("webhooks")["healthcheck"]["test"]
    assert find_spec(module) is not None


def test_redis_never_evicts_and_keeps_its_queue_over_a_restart() -> None:
    assert _option("maxmemory-policy") == "noeviction"
    assert _option("appendonly") == APPENDONLY
    (volume,) = _service("redis")["volumes"]
    assert volume.split(":") == ["redis", "/data"]
    assert "redis" in _load(COMPOSE)["volumes"]


def test_redis_asks_for_a_password_that_is_on_no_command_line(tmp_path: Path) -> None:
    server = find_redis_server()
    assert server is not None
    (tmp_path / "valkey-server").symlink_to(server)
    socket, password = tmp_path / "redis.sock", "a1" * 32
    here = ["--port", "0", "--unixsocket", str(socket), "--dir", str(tmp_path)]
    process = subprocess.Popen(
        [word.replace("$$", "$").replace(APPENDONLY, "no") for word in _service("redis")["command"]]
        + here,
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", "REDISCLI_AUTH": password},
    )
    try:
        _await(socket)
        with pytest.raises(AuthenticationError), Redis(unix_socket_path=str(socket)) as stranger:
            stranger.ping()
        with Redis(unix_socket_path=str(socket), password=password) as known:
            assert known.ping()
            assert known.config_get("maxmemory*") == {
                "maxmemory": str(3 * 1024**3), "maxmemory-policy": "noeviction",
                "maxmemory-samples": "5", "maxmemory-eviction-tenacity": "10",
            }  # fmt: skip
        assert password not in Path(f"/proc/{process.pid}/cmdline").read_text()
    finally:
        process.terminate()
        process.wait(10)


def test_everyone_who_talks_to_redis_is_given_the_password_and_it_has_no_default() -> None:
    required = re.compile(r"\$\{DEEPFAKE_REDIS_PASSWORD:\?[^}]+\}")
    assert required.fullmatch(_service("redis")["environment"]["REDISCLI_AUTH"])
    for service in ("api", "worker", "webhooks"):
        url = _service(service)["environment"]["DEEPFAKE_REDIS_URL"]
        assert required.sub("secret", url) == "redis://:secret@redis:6379/0"
    assert _service("redis")["healthcheck"]["test"] == ["CMD", "valkey-cli", "-e", "ping"]


def test_all_uploads_and_all_evidence_fit_into_redis_and_redis_into_its_container() -> None:
    in_redis = _size(_option("maxmemory").removesuffix("b"))
    fields = GatewaySettings.model_fields
    held = fields["max_bytes_in_flight"].default + fields["max_evidence_bytes"].default
    assert held < in_redis
    assert in_redis < _size(_service("redis")["deploy"]["resources"]["limits"]["memory"])


def test_every_decoder_and_a_model_fit_into_a_workers_memory() -> None:
    limit = _size(_service("worker")["deploy"]["resources"]["limits"]["memory"])
    concurrency = _service("worker")["environment"]["DEEPFAKE_CONCURRENCY"]
    decoders = int(concurrency.removeprefix("${DEEPFAKE_CONCURRENCY:-").removesuffix("}"))
    assert limit >= decoders * _default("decoder_memory_bytes") + 2 * 1024**3


def test_a_worker_gets_longer_to_stop_than_it_takes() -> None:
    grace_s = float(_service("worker")["stop_grace_period"].removesuffix("s"))
    assert grace_s > _default("grace_s") + LAST_WORDS_S


def test_a_worker_may_write_to_its_tmp_only() -> None:
    assert [mount.split(":")[0] for mount in _service("worker")["tmpfs"]] == ["/tmp"]
    assert "volumes" not in _service("worker")


def test_callers_need_keys_of_redis() -> None:
    variables = _service("api")["environment"]
    assert variables["DEEPFAKE_API_KEYS"] == "redis"
    assert "DEEPFAKE_API_KEYS_FILE" not in variables
    given = {"host": variables["DEEPFAKE_HOST"], "api_keys": variables["DEEPFAKE_API_KEYS"]}
    assert GatewaySettings.model_validate(given).keys_needed


def test_a_file_of_keys_comes_as_a_secret_without_a_default() -> None:
    ((name, api),) = _load(KEYS_FILE)["services"].items()
    assert (name, api["secrets"]) == ("api", ["api-keys"])
    assert api["environment"] == {"DEEPFAKE_API_KEYS_FILE": "/run/secrets/api-keys"}
    secret = _load(KEYS_FILE)["secrets"]["api-keys"]
    assert secret == {"file": "${DEEPFAKE_KEYS:-./secrets/api-keys}"}
    assert not (ROOT / "secrets").exists() or _succeeds(
        "git", "check-ignore", "-q", "secrets/api-keys"
    )


def test_the_gpu_override_reserves_every_gpu_for_workers_and_builds_their_variant() -> None:
    services = _load(GPU)["services"]
    assert list(services) == ["worker"]
    (devices,) = services["worker"]["deploy"]["resources"]["reservations"]["devices"]
    assert devices == {"driver": "nvidia", "count": "all", "capabilities": ["gpu"]}
    variant = services["worker"]["build"]["args"]["VARIANT"]
    assert re.search(rf"\b{variant}\)", " ".join(values("Dockerfile.worker", "RUN")))
    assert "utility" in services["worker"]["environment"]["NVIDIA_DRIVER_CAPABILITIES"]


@pytest.mark.parametrize(
    "files",
    [
        [COMPOSE],
        [COMPOSE, GPU],
        [COMPOSE, MONITORING],
        [COMPOSE, KEYS_FILE],
        [COMPOSE, GPU, MONITORING, KEYS_FILE],
    ],
)
def test_docker_compose_accepts_the_files(files: list[str], tmp_path: Path) -> None:
    docker = shutil.which("docker")
    if docker is None or not _succeeds(docker, "compose", "version"):
        pytest.skip("the docker client with its compose plugin is not installed")
    options = [word for file in files for word in ("-f", str(ROOT / file))]
    config = subprocess.run(
        [docker, "compose", *options, "config", "--format", "json"],
        cwd=tmp_path, env={**os.environ, **dict.fromkeys(PASSWORDS, "a1")},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert config.returncode == 0, config.stderr
    assert set(json.loads(config.stdout)["services"]) >= set(SERVICES)


def _await(socket: Path) -> None:
    deadline = time.monotonic() + 10
    while not socket.exists():
        assert time.monotonic() < deadline, "redis-server made no socket"
        time.sleep(0.02)


def _succeeds(*command: str) -> bool:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=30, check=False)
    return done.returncode == 0
