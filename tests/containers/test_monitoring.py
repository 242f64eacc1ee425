"""deploy/monitoring: what dashboard and alerts ask for is what the processes tell."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import CollectorRegistry
from redis import Redis

from api.service.metrics import GatewayMetrics
from api.slots import UploadSlots
from core.options import Queue
from core.store.census import CensusTaker
from tests.containers.dockerfile import ROOT
from worker.metrics import WorkerMetrics
from worker.webhooks.observer import SenderMetrics

MONITORING = ROOT / "deploy/monitoring"
_SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "gauge": ("",)}
_NAME = re.compile(r"\b(?:deepfake|process)_[a-z_]+\b")


def _load(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text("utf-8"))


def _rules() -> list[dict[str, Any]]:
    (group,) = _load("deploy/monitoring/alerts.yml")["groups"]
    rules: list[dict[str, Any]] = group["rules"]
    return rules


def _panels() -> list[dict[str, Any]]:
    board = json.loads((MONITORING / "grafana/deepfake.json").read_text("utf-8"))
    panels: list[dict[str, Any]] = board["panels"]
    return panels


def _expressions() -> Iterator[str]:
    yield from (rule["expr"] for rule in _rules())
    yield from (target["expr"] for panel in _panels() for target in panel["targets"])


def _told(registry: CollectorRegistry) -> set[str]:
    return {
        f"{family.name}{suffix}"
        for family in registry.collect()
        for suffix in _SUFFIXES[family.type]
    }


@pytest.fixture
def told(redis: Redis) -> set[str]:
    """The names of all samples that gateway, worker and sender can tell."""
    gateway, worker, sender = GatewayMetrics(), WorkerMetrics(), SenderMetrics()
    sender.watch(lambda: 0.0)
    worker.watch(slots=1, at_work=lambda: 0, decoders_replaced=lambda: 0)
    with gateway.watching(CensusTaker(redis), UploadSlots(1, for_each_tenant=1)):
        return _told(gateway.registry) | _told(worker.registry) | _told(sender.registry)


def test_every_metric_that_is_asked_for_exists(told: set[str]) -> None:
    asked = {name for expression in _expressions() for name in _NAME.findall(expression)}
    assert len(asked) > 20
    assert asked <= told


def test_every_metric_of_ours_is_documented(told: set[str]) -> None:
    document = (ROOT / "docs/operations.md").read_text("utf-8")
    names = {
        re.sub("_(bucket|sum|count)$", "", name).removeprefix("deepfake_")
        for name in told
        if name.startswith("deepfake_")
    }
    assert {name for name in names if f"`{name}`" not in document} == set()


def test_every_alert_says_what_is_wrong_and_how_bad_it_is() -> None:
    for rule in _rules():
        assert re.fullmatch("Deepfake[A-Za-z]+", rule["alert"])
        assert rule["labels"]["severity"] in ("warning", "critical")
        assert {"summary", "description"} == set(rule["annotations"])
    assert len({rule["alert"] for rule in _rules()}) == len(_rules())


def test_queues_that_alerts_name_exist() -> None:
    named = {name for rule in _rules() for name in re.findall(r'queue="(\w+)"', rule["expr"])}
    assert named
    assert named <= set(Queue)


def test_every_alert_has_a_course_of_metrics_that_sets_it_off_and_one_that_does_not() -> None:
    cases = [
        case for test in _load("tests/containers/alerts.yml")["tests"]
        for case in test["alert_rule_test"]
    ]  # fmt: skip
    names = {rule["alert"] for rule in _rules()}
    assert {case["alertname"] for case in cases if case.get("exp_alerts")} == names
    assert {case["alertname"] for case in cases if not case.get("exp_alerts")} == names


def test_prometheus_takes_its_configuration_and_the_alerts_that_set_off_what_they_should(
    tmp_path: Path,
) -> None:
    alerts = str(MONITORING / "alerts.yml")
    configuration = (MONITORING / "prometheus.yml").read_text("utf-8")
    here = tmp_path / "prometheus.yml"
    here.write_text(configuration.replace("/etc/prometheus/alerts.yml", alerts), "utf-8")
    _promtool("check", "config", str(here))
    _promtool("check", "rules", "--lint-fatal", alerts)
    _promtool("test", "rules", str(ROOT / "tests/containers/alerts.yml"))


def test_prometheus_understands_what_every_panel_asks(tmp_path: Path) -> None:
    asked = [target["expr"] for panel in _panels() for target in panel["targets"]]
    rules = [
        {"record": f"panel:{number}", "expr": expression.replace("$__rate_interval", "1m")}
        for number, expression in enumerate(asked)
    ]
    file = tmp_path / "panels.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}), "utf-8")
    _promtool("check", "rules", "--lint-fatal", str(file))


def _promtool(*arguments: str) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed; Debian's package prometheus has it")
    done = subprocess.run(
        [promtool, *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_panels_have_ids_of_their_own_and_ask_the_data_source_that_is_there() -> None:
    (source,) = _load("deploy/monitoring/grafana/datasource.yml")["datasources"]
    wanted = {"type": source["type"], "uid": source["uid"]}
    assert [panel for panel in _panels() if panel["datasource"] != wanted] == []
    ids = [panel["id"] for panel in _panels()]
    assert len(set(ids)) == len(ids)


def test_panels_lie_beside_each_other() -> None:
    places = [panel["gridPos"] for panel in _panels()]
    cells = {
        (x, y)
        for place in places
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    }
    assert len(cells) == sum(place["w"] * place["h"] for place in places)
    assert max(x for x, _ in cells) < 24


def test_prometheus_reads_the_services_at_the_port_that_compose_gives_them() -> None:
    services = _load("docker-compose.monitoring.yml")["services"]
    for job in _load("deploy/monitoring/prometheus.yml")["scrape_configs"]:
        (found,) = job["dns_sd_configs"]
        (service,) = found["names"]
        environment = services[service]["environment"]
        assert environment["DEEPFAKE_METRICS_PORT"] == str(found["port"])
        assert environment["DEEPFAKE_METRICS_HOST"] != "127.0.0.1"


def test_what_watches_is_published_on_this_machine_alone_and_its_files_exist() -> None:
    services = _load("docker-compose.monitoring.yml")["services"]
    assert "ports" not in services["prometheus"]
    assert services["grafana"]["ports"] == ["127.0.0.1:3000:3000"]
    volumes = services["prometheus"]["volumes"] + services["grafana"]["volumes"]
    files = [volume.partition(":")[0] for volume in volumes if volume.startswith("./")]
    assert len(files) == 5
    assert all((ROOT / file).is_file() for file in files)
