from __future__ import annotations

import pytest

from deepfake_client.address import Address, shown
from deepfake_client.errors import ServerUnreachable


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://a.example/clip.mp4?X-Amz-Signature=s1gned#part", "https://a.example/clip.mp4"),
        ("https://bob:hunter2@a.example/clip.mp4", "https://a.example/clip.mp4"),
        ("https://bob:hunt@er2@a.example", "https://a.example"),
        ("https://a.example/@bob/clip.mp4", "https://a.example/@bob/clip.mp4"),
        ("/v1/jobs?cursor=1", "/v1/jobs"),
    ],
)
def test_a_url_is_told_without_what_may_be_secret(url: str, told: str) -> None:
    assert shown(url) == told


def test_a_user_and_a_password_are_kept_apart_from_the_address() -> None:
    address = Address.of("https://bob:hunt%40er2@a.example:8443/deepfake/")
    assert address.url == "https://a.example:8443/deepfake"
    assert address.auth == ("bob", "hunt@er2")
    assert "er2" not in repr(address)


def test_an_address_without_a_user_signs_nobody_in() -> None:
    assert Address.of("http://127.0.0.1:8000/") == Address("http://127.0.0.1:8000", None)


@pytest.mark.parametrize("password", ["hunter2/x", "hunter2?x", "hunter2#x", "hunter2\n"])
def test_a_password_that_is_not_quoted_is_not_told(password: str) -> None:
    try:
        told = repr(Address.of(f"https://bob:{password}@a.example"))
    except ServerUnreachable as error:
        told = error.message
    assert "hunter2" not in told
