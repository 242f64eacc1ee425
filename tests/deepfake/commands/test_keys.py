from __future__ import annotations

from pathlib import Path

from api.auth import read_keys
from tests.deepfake.conftest import RunCommand


def test_keys_are_appended_and_readable_by_their_owner_alone(
    run: RunCommand, tmp_path: Path
) -> None:
    keys = tmp_path / "keys.txt"
    first = run("keys", "new", "--tenant", "alice", "--file", keys).stdout.strip()
    keys.write_text(keys.read_text().rstrip("\n"))  # as some editors leave it
    second = run("keys", "new", "--tenant", "bob", "--file", keys).stdout.strip()
    assert sorted(read_keys(keys).values()) == ["alice", "bob"]
    assert keys.stat().st_mode & 0o777 == 0o600
    assert first != second
    assert first not in keys.read_text()


def test_without_a_file_the_line_is_shown(run: RunCommand) -> None:
    done = run("keys", "new", "--tenant", "alice")
    assert "alice:" in done.stderr
    assert done.stdout.startswith("dfk_")


def test_a_bad_tenant_is_one_line(run: RunCommand) -> None:
    done = run("keys", "new", "--tenant", "not a name")
    assert done.exit_code == 1
    assert done.stderr.startswith("Error: 'not a name' cannot name a tenant")
