"""Small real servers in place of the peers: each answers a film with a probability."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

import httpx
import psutil

from benchmarks.peers.asking import Ask, ask_peer
from benchmarks.peers.systems import Command, Files, System

FILES = Files(Path("peers"), Path("weights.keras"), Path("bundle"))

# Its arguments: the port, the probability, and how many films it answers before it fails.
_SERVER = """
import json, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

port, probability, films = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])

class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        global films
        self.rfile.read(int(self.headers["Content-Length"]))
        films -= 1
        self.send_response(200 if films >= 0 else 422)
        self.end_headers()
        self.wfile.write(json.dumps({"probability": probability}).encode())

    def log_message(self, *_):
        pass

ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""


def small(
    name: str,
    *,
    probability: float = 0.5,
    films: int = 1000,
    peer: bool = True,
    ask: Ask = ask_peer,
) -> System:
    """A server that answers so many films and refuses those after them."""

    def command(_: Files, port: int) -> list[str]:
        return [sys.executable, "-c", _SERVER, str(port), str(probability), str(films)]

    return System(name, command, ask, peer=peer)


def processes() -> list[psutil.Process]:
    """Of the small servers; the process of the tests may have other children."""
    return [child for child in psutil.Process().children() if _SERVER in _command(child)]


def states() -> set[str]:
    """In which the small servers are: running, sleeping, stopped and the like."""
    return {server.status() for server in processes()}


def _command(process: psutil.Process) -> list[str]:
    with suppress(psutil.Error):  # it ended meanwhile
        return process.cmdline()
    return []


def broken(name: str, command: Command) -> System:
    return System(name, command, ask_peer, peer=True)


def noting(name: str, asked: list[str]) -> System:
    """One whose name is noted at every film that it is asked for."""

    async def ask(http: httpx.AsyncClient, film: bytes) -> None:
        await ask_peer(http, film)
        asked.append(name)

    return small(name, ask=ask)
