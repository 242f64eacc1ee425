"""The scan of an exported image finds what should not be there, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.containers.archive import read_image
from tests.containers.findings import findings
from tests.containers.image_factory import Part, image, root_file_system
from tests.containers.scan import folder_of, main

PRIVATE_KEY = b"-----BEGIN EC PRIVATE KEY-----\n" + b"A" * 64 + b"\n-----END EC PRIVATE KEY-----\n"
WELL_MADE = (
    Part("tmp/", mode=0o1777),
    Part("usr/bin/python3", b"\x7fELF", mode=0o755),
    Part("opt/venv/lib/python3.11/site-packages/as.py", b"x = 1\n", changed=1_700_000_000),
    Part(
        "opt/venv/lib/python3.11/site-packages/certifi/cacert.pem", b"-----BEGIN CERTIFICATE-----"
    ),
)


def found(path: Path) -> list[tuple[str, str]]:
    return [(each.what, each.path) for each in findings(read_image(path))]


def compiled(changed: int, size: int, flags: int = 0) -> bytes:
    numbers = (flags, changed, size)
    return b"\xa7\r\r\n" + b"".join(n.to_bytes(4, "little") for n in numbers) + b"code"


def test_a_well_made_image_has_no_findings(tmp_path: Path) -> None:
    assert found(image(tmp_path / "image.tar", WELL_MADE)) == []


@pytest.mark.parametrize(
    ("part", "what"),
    [
        (Part("usr/bin/su", mode=0o4755), "gives another user's rights"),
        (Part("usr/bin/wall", mode=0o2755), "gives another user's rights"),
        (Part("usr/bin/ping", mode=0o755, capabilities="\x01"), "gives another user's rights"),
        (Part("var/open/", mode=0o777), "can be written"),
        (Part("etc/open", mode=0o666), "can be written"),
        (Part("opt/venv/own.py", mode=0o444, owner=10001), "can be written"),
        (Part("opt/venv/groups.py", mode=0o664, group=10001), "can be written"),
        (Part("usr/bin/x86_64-linux-gnu-gcc-12", mode=0o755), "compiles"),
        (Part("usr/local/bin/pip3.11", mode=0o755), "installs"),
        (Part("usr/local/lib/python3.11/site-packages/setuptools/", mode=0o755), "installs"),
        (Part("root/.cache/pip/http/1"), "is a cache"),
        (Part("var/lib/apt/lists/here_bookworm_Packages"), "is a cache"),
        (Part("app/.env", b"PASSWORD=1"), "is a secret"),
        (Part("app/.git/", mode=0o755), "is a secret"),
        (Part("app/server.txt", PRIVATE_KEY), "is a secret"),
    ],
)  # fmt: skip
def test_what_should_not_be_there_is_found(part: Part, what: str, tmp_path: Path) -> None:
    path = "/" + part.path.rstrip("/")
    assert found(image(tmp_path / "image.tar", WELL_MADE, [part])) == [(what, path)]


def test_an_empty_file_that_a_mount_of_the_build_left_is_no_secret(tmp_path: Path) -> None:
    assert found(image(tmp_path / "image.tar", [Part("etc/pip.conf")])) == []


def test_a_key_that_a_package_tests_itself_with_is_no_secret(tmp_path: Path) -> None:
    site = "opt/venv/lib/python3.11/site-packages"
    parts = [Part(f"{site}/{path}/key.py", PRIVATE_KEY) for path in ("Crypto/SelfTest", "x/y")]
    assert found(image(tmp_path / "image.tar", parts)) == [("is a secret", f"/{site}/x/y/key.py")]


def test_what_a_later_layer_takes_away_is_not_there_and_a_secret_stays_one(tmp_path: Path) -> None:
    first = [
        Part("usr/bin/su", mode=0o4755),
        Part("root/.cache/pip/1", b"1"),
        Part("srv/.env", b"A=1"),
    ]
    second = [Part("root/.wh..cache"), Part("srv/.wh..wh..opq"), Part("usr/bin/su", mode=0o755)]
    assert found(image(tmp_path / "image.tar", first, second)) == [("is a secret", "/srv/.env")]


@pytest.mark.parametrize("user", ["", "0", "root", "0:10001"])
def test_an_image_that_runs_as_root_is_found(user: str, tmp_path: Path) -> None:
    assert ("runs as root", "User") in found(image(tmp_path / "image.tar", [], User=user))


def test_secrets_in_variables_and_steps_are_found_without_their_values(tmp_path: Path) -> None:
    path = image(
        tmp_path / "image.tar", WELL_MADE,
        steps=["RUN pip install --index-url https://me:1234@registry.example/simple"],
        Env=["PATH=/usr/bin", "REDIS_PASSWORD=1234", "EMPTY_TOKEN="],
    )  # fmt: skip
    whats, paths = zip(*found(path), strict=True)
    assert set(whats) == {"is a secret"}
    assert any("REDIS_PASSWORD" in path for path in paths)
    assert not any("1234" in path for path in paths)
    assert len(paths) == 2


def test_compiled_python_of_another_time_or_size_is_found(tmp_path: Path) -> None:
    folder = "opt/venv/lib/python3.11/site-packages"
    parts = [
        *(Part(f"{folder}/{name}.py", b"x = 1\n", changed=1_700_000_000) for name in "abcd"),
        Part(f"{folder}/__pycache__/a.cpython-311.pyc", compiled(1_700_000_000, 6)),
        Part(f"{folder}/__pycache__/b.cpython-311.pyc", compiled(1_600_000_000, 6)),
        Part(f"{folder}/__pycache__/c.cpython-311.pyc", compiled(1_700_000_000, 7)),
        Part(f"{folder}/__pycache__/d.cpython-311.pyc", compiled(12, 34, flags=0b11)),  # by hash
    ]
    paths = [path for what, path in found(image(tmp_path / "image.tar", parts))]
    assert [Path(path).name for path in paths] == ["b.cpython-311.pyc", "c.cpython-311.pyc"]


def test_a_root_file_system_is_read_as_one_layer(tmp_path: Path) -> None:
    path = root_file_system(tmp_path / "root.tar", [Part("./usr/bin/su", mode=0o4755)])
    assert found(path) == [("gives another user's rights", "/usr/bin/su")]


def test_the_command_tells_sizes_by_layer_and_folder_and_fails_on_findings(tmp_path: Path) -> None:
    package = Part("opt/venv/lib/python3.11/site-packages/large/data", b"0" * 2_000_000)
    good = image(tmp_path / "good.tar", WELL_MADE, [package], steps=["FROM base", "COPY /opt/venv"])
    told = CliRunner().invoke(main, [str(good)])
    assert told.exit_code == 0, told.output
    assert "| 2 | 2.0 | 1 | `COPY /opt/venv` |" in told.output
    assert "site-packages/large` | 2.0 |" in told.output
    assert "| nothing | 0 | |" in told.output
    bad = image(tmp_path / "bad.tar", [Part("usr/bin/su", mode=0o4755)])
    assert CliRunner().invoke(main, [str(bad)]).exit_code == 1


def test_packages_are_told_apart_and_the_rest_by_two_steps() -> None:
    assert folder_of("/opt/venv/lib/python3.11/site-packages/a/b/c") == (
        "/opt/venv/lib/python3.11/site-packages/a"
    )
    assert folder_of("/usr/lib/x86_64-linux-gnu/libc.so.6") == "/usr/lib"
    assert folder_of("/vmlinuz") == "/"
