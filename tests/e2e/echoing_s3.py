"""An S3 store that tells a client all that it sent, as some do where a signature does not match."""

from __future__ import annotations

import re
import socket
from html import escape
from typing import Final

from tests.core.net.listener import Listener

ACCESS_KEY, SECRET_KEY, TOKEN = "AKIAEXAMPLE", "s3cretkey", "s3ssion"
EMPTY: Final = "<ListBucketResult><KeyCount>0</KeyCount></ListBucketResult>"
REFUSAL: Final = (
    "<Error><Code>SignatureDoesNotMatch</Code><AWSAccessKeyId>{key}</AWSAccessKeyId>"
    "<StringToSign>{sent}</StringToSign></Error>"
)


class EchoingS3(Listener):
    """Refuses the methods in ``refused``; takes all other objects."""

    def __init__(self) -> None:
        super().__init__(self._reply)
        self.refused: set[str] = set()
        self._objects: dict[str, bytes] = {}

    @property
    def environment(self) -> dict[str, str]:
        """What processes need to use it."""
        return {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}",
            "AWS_ALLOW_HTTP": "true",
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_SESSION_TOKEN": TOKEN,
            "AWS_REGION": "us-east-1",
        }

    @property
    def secrets(self) -> list[str]:
        """The credentials, and every signature that was made with them."""
        signed = [
            re.findall(rb"Signature=([0-9a-f]{64})", head, re.IGNORECASE) for head in self.heads
        ]
        return [ACCESS_KEY, SECRET_KEY, TOKEN, *(one.decode() for many in signed for one in many)]

    def _reply(self, head: bytes, client: socket.socket) -> None:
        lines, _, body = head.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: *(\d+)", lines)
        while length and len(body) < int(length[1]) and (more := client.recv(65536)):
            body += more
        method, path, _ = lines.decode().split(" ", 2)
        client.sendall(_answer(*self._found(method, path.partition("?")[0], body, lines)))

    def _found(self, method: str, path: str, body: bytes, lines: bytes) -> tuple[str, bytes]:
        if method in self.refused:
            told = REFUSAL.format(key=ACCESS_KEY, sent=escape(lines.decode()))
            return "403 Forbidden", told.encode()
        if method == "PUT":
            self._objects[path] = body
            return "200 OK", b""
        if method == "GET" and path.count("/") > 1:
            stored = self._objects.get(path)
            return ("404 Not Found", b"") if stored is None else ("200 OK", stored)
        return ("200 OK", EMPTY.encode()) if method == "GET" else ("204 No Content", b"")


def _answer(status: str, body: bytes) -> bytes:
    head = f'HTTP/1.1 {status}\r\nETag: "1"\r\nLast-Modified: Sun, 29 Nov 2026 00:00:00 GMT\r\n'
    return f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body
