from __future__ import annotations

import os
from pathlib import Path

import pytest

from core import cgroups, cores


@pytest.fixture(autouse=True)
def four_cores_and_no_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 3})
    monkeypatch.setattr(cgroups, "_MOUNT", tmp_path / "cgroup")
    monkeypatch.setattr(cgroups, "_MEMBERSHIP", tmp_path / "membership")


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def test_without_a_quota_the_affinity_mask_counts() -> None:
    assert (cores.usable_cores(), cores.quota_cores()) == (4, None)


@pytest.mark.parametrize(
    ("limit", "counted"),
    [("200000 100000", 2), ("150000 100000", 2), ("10000 100000", 1), ("max 100000", 4),
     ("800000 100000", 4), ("nonsense", 4), ("100000 0", 4)],
)  # fmt: skip
def test_the_quota_of_a_container_is_rounded_up_and_never_below_one(
    limit: str, counted: int, tmp_path: Path
) -> None:
    write(tmp_path, {"membership": "0::/\n", "cgroup/cpu.max": f"{limit}\n"})
    assert cores.usable_cores() == counted


def test_the_tightest_group_above_a_process_counts(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "membership": "0::/machine.slice/pod/worker\n",
            "cgroup/machine.slice/cpu.max": "300000 100000",
            "cgroup/machine.slice/pod/cpu.max": "200000 100000",
            "cgroup/machine.slice/pod/worker/cpu.max": "max 100000",
        },
    )
    assert cores.usable_cores() == 2


@pytest.mark.parametrize("controllers", ["cpu", "cpu,cpuacct"])
@pytest.mark.parametrize(("quota", "counted"), [("250000", 3), ("-1", 4)])
def test_groups_of_version_1_count_as_well(
    controllers: str, quota: str, counted: int, tmp_path: Path
) -> None:
    folder = f"cgroup/{controllers}/docker"
    write(
        tmp_path,
        {
            "membership": f"5:cpuset:/docker\n4:{controllers}:/docker\n0::/\n",
            f"{folder}/cpu.cfs_quota_us": quota,
            f"{folder}/cpu.cfs_period_us": "100000",
        },
    )
    assert cores.usable_cores() == counted


def test_a_path_that_only_the_host_sees_leads_to_the_containers_own_group(tmp_path: Path) -> None:
    files = {"membership": "0::/docker/4f1c\n", "cgroup/cpu.max": "100000 100000"}
    write(tmp_path, files)
    assert cores.usable_cores() == 1


def test_a_library_is_told_only_what_it_cannot_see(tmp_path: Path) -> None:
    write(tmp_path, {"membership": "0::/\n", "cgroup/cpu.max": "150000 100000"})
    assert cores.quota_cores() == 2
    write(tmp_path, {"cgroup/cpu.max": "400000 100000"})
    assert cores.quota_cores() is None


def test_a_machine_without_an_affinity_mask_has_its_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert cores.usable_cores() == 1
