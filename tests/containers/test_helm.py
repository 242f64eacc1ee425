"""The chart, rendered by helm itself; where there is none, nothing can be said of it."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

CHART = Path(__file__).parents[2] / "deploy/helm/deepfake"
ALERTS = Path(__file__).parents[2] / "deploy/monitoring/alerts.yml"
OWN_REDIS = ("redis.passwordSecret=redis-password",)
EVERYTHING = (
    "redisUrl.secret=redis-url",
    "worker.keda.enabled=true",
    "worker.keda.tokenSecret=reader",
    "worker.gpu=1",
    "worker.objectStore.cidrs={198.51.100.0/24}",
    "api.hpa.enabled=true",
    "api.ingress.enabled=true",
    "api.ingress.host=deepfake.example",
    "api.keysSecret=keys",
    "metrics.podMonitor=true",
)

pytestmark = pytest.mark.skipif(shutil.which("helm") is None, reason="helm is not installed")


def template(*values: str) -> subprocess.CompletedProcess[str]:
    command = ["helm", "template", "here", str(CHART), "--kube-version", "1.30.0"]
    for value in values:
        command += ["--set", value]
    return subprocess.run(command, capture_output=True, text=True)  # noqa: PLW1510


def rendered(*values: str) -> dict[tuple[str, str], Any]:
    """What would be created, by its kind and name."""
    done = template(*values)
    assert done.returncode == 0, done.stderr
    found = [each for each in yaml.safe_load_all(done.stdout) if each]
    return {(each["kind"], each["metadata"]["name"]): each for each in found}


def pods(values: tuple[str, ...]) -> Iterator[Any]:
    for (kind, _), each in rendered(*values).items():
        if kind in ("Deployment", "StatefulSet"):
            yield each["spec"]["template"]["spec"]


@pytest.mark.parametrize("values", [OWN_REDIS, EVERYTHING])
def test_no_pod_has_more_rights_than_it_needs(values: tuple[str, ...]) -> None:
    seen = list(pods(values))
    assert len(seen) >= 3
    for pod in seen:
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["automountServiceAccountToken"] is False
        [container] = pod["containers"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["resources"]["limits"]["memory"]
        assert container["readinessProbe"]


def test_a_worker_reaches_redis_and_the_object_store_and_nothing_else() -> None:
    policy = rendered(*EVERYTHING)["NetworkPolicy", "here-worker"]["spec"]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    ports = [[each["port"] for each in rule["ports"]] for rule in policy["egress"]]
    assert ports == [[53, 53], [6379], [443]]
    assert policy["egress"][2]["to"] == [{"ipBlock": {"cidr": "198.51.100.0/24"}}]
    assert [each["port"] for rule in policy["ingress"] for each in rule["ports"]] == ["metrics"]


@pytest.mark.parametrize(
    ("part", "settings", "beyond"),
    [
        ("api", ("DEEPFAKE_DRAIN_S", "DEEPFAKE_STOP_GRACE_S"), 5),
        ("worker", ("DEEPFAKE_GRACE_S",), 10),
    ],
)
def test_a_pod_is_left_the_time_that_its_settings_promise(
    part: str, settings: tuple[str, ...], beyond: int
) -> None:
    made = rendered(*OWN_REDIS, "worker.graceS=90", "api.drainS=9")
    pod = made["Deployment", f"here-{part}"]["spec"]["template"]["spec"]
    told = {each["name"]: each.get("value") for each in pod["containers"][0]["env"]}
    promised = sum(int(told[name]) for name in settings)
    assert pod["terminationGracePeriodSeconds"] >= promised + beyond


def test_the_capacity_of_the_gateway_scales_the_workers() -> None:
    made = rendered(*EVERYTHING)
    [trigger] = made["ScaledObject", "here-worker"]["spec"]["triggers"]
    assert trigger["metadata"]["url"].startswith("http://here-api.")
    assert ("Service", "here-api") in made
    assert trigger["metadata"]["valueLocation"] == "demand"
    assert "replicas" not in made["Deployment", "here-worker"]["spec"]
    container = made["Deployment", "here-worker"]["spec"]["template"]["spec"]["containers"][0]
    assert container["resources"]["limits"]["nvidia.com/gpu"] == 1


def test_pods_are_watched_under_names_that_the_alerts_know() -> None:
    made = rendered(*EVERYTHING)
    [endpoint] = made["PodMonitor", "here-deepfake"]["spec"]["podMetricsEndpoints"]
    [relabeling] = endpoint["relabelings"]
    source = "__meta_kubernetes_pod_label_app_kubernetes_io_component"
    assert (relabeling["sourceLabels"], relabeling["targetLabel"]) == ([source], "job")
    [asked] = re.findall(r'up\{job=~"([^"]+)"\}', ALERTS.read_text("utf-8"))
    watched = 0
    for (kind, _), each in made.items():
        if kind == "Deployment":
            labels = each["spec"]["template"]["metadata"]["labels"]
            job = relabeling["replacement"].replace("$1", labels["app.kubernetes.io/component"])
            assert re.fullmatch(asked, job)
            watched += 1
    assert watched == 3


def test_without_an_address_of_redis_and_without_a_password_nothing_is_rendered() -> None:
    done = template()
    assert done.returncode != 0
    assert "redis.passwordSecret" in done.stderr
