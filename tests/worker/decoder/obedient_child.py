"""A child for tests: it does what the first line of its upload says, from inside the sandbox.

Started in place of ``worker.decoder`` by ``DecoderConfig(module=…)``.
"""

from __future__ import annotations

import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from worker.decoder import protocol, sandbox


def main() -> None:
    parent_pid, memory_bytes, _ = (int(argument) for argument in sys.argv[1:])
    sandbox.die_with_parent(parent_pid)
    held = sandbox.renounce()
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    send(answers, protocol.encode_ready([*held, *sandbox.lock_down(memory_bytes)]))
    sandbox.refuse_machine_code()
    later = ["say", "nothing", "to", "tell"]
    while (request := protocol.read_request(requests)) is not None:
        if isinstance(request, protocol.OriginRequest):
            ORDERS[later[0]](answers, *later[1:])
            continue
        order, *arguments = requests.readline().decode().split()
        if order == "deaf":
            time.sleep(3600)
        requests.read(request.size - len(" ".join([order, *arguments])) - 1)
        if order == "later":  # it obeys when it is asked for the provenance
            later, order, arguments = arguments, "say", ["well", "read"]
        ORDERS[order](answers, *arguments)


def send(answers: BinaryIO, data: bytes) -> None:
    answers.write(data)
    answers.flush()


def say(answers: BinaryIO, message: str, code: str = "unreadable_media") -> None:
    send(answers, protocol.encode_message({"error": {"code": code, "message": message}}))


def attempt(action: Callable[[], object]) -> Callable[[BinaryIO], None]:
    def order(answers: BinaryIO) -> None:
        try:
            action()
        except Exception as error:  # noqa: BLE001 - whatever stops it is the answer
            say(answers, type(error).__name__)
        else:
            say(answers, "it worked")

    return order


def crash(answers: BinaryIO, number: str) -> None:
    os.kill(os.getpid(), int(number))


def burn(answers: BinaryIO) -> None:
    sandbox.allow_cpu(0.5)
    spin()


def hang(answers: BinaryIO) -> None:
    time.sleep(3600)


def chatter(answers: BinaryIO) -> None:
    os.write(1, b"libav says hello on stdout\n")
    say(answers, "heard")


def shout(answers: BinaryIO) -> None:
    for _ in range(2000):
        os.write(2, b"x" * 1000 + b"\n")
    os.write(2, b"the last line\n")
    os._exit(3)


def mutter(answers: BinaryIO) -> None:
    os.write(2, b"\x1b[31mred\rforged\x00\xff\n\n" + b"y" * 1000 + b"\n" + "\u202eé\n".encode())
    os._exit(4)


def start_threads(answers: BinaryIO) -> None:
    start(300, lambda: time.sleep(3600))
    time.sleep(3600)


def start(threads: int, target: Callable[[], object]) -> None:
    threading.stack_size(64 * 1024)  # the address space would end first
    for _ in range(threads):
        threading.Thread(target=target, daemon=True).start()


def leave_threads(answers: BinaryIO) -> None:
    start(300, lambda: time.sleep(3600))
    say(answers, "done")


def leave_work(answers: BinaryIO) -> None:
    start(2, spin)
    say(answers, "done")


def spin() -> None:
    while True:
        pass


def flood(answers: BinaryIO) -> None:
    while True:
        os.write(2, b"x" * 64 * 1024)


def origin(answers: BinaryIO, *words: str) -> None:
    send(answers, protocol.encode_message({}, [" ".join(words).encode()]))


def parts(answers: BinaryIO) -> None:
    send(answers, protocol.encode_message({}, [b"{}", b"not a jpeg"]))


ORDERS: dict[str, Callable[..., None]] = {
    "say": lambda answers, *words: say(answers, " ".join(words)),
    "answer-with-code": lambda answers, code: say(answers, "so it claims", code),
    "pid": lambda answers: say(answers, str(os.getpid())),
    "environment": lambda answers: say(answers, " ".join(sorted(os.environ))),
    "noise": lambda answers: send(answers, b"\xff" * 64),
    "twice": lambda answers: send(answers, protocol.encode_message({"error": {}}) * 2),
    "parts": parts,
    "origin": origin,
    "chatter": chatter,
    "shout": shout,
    "mutter": mutter,
    "start-threads": start_threads,
    "leave-threads": leave_threads,
    "leave-work": leave_work,
    "flood": flood,
    "crash": crash,
    "burn": burn,
    "hang": hang,
    "read-file": attempt(lambda: Path("/etc/hostname").read_bytes()),
    "read-parent": attempt(lambda: Path(f"/proc/{os.getppid()}/environ").read_bytes()),
    "write-file": attempt(lambda: Path("/tmp/deepfake-sandbox-test").write_bytes(b"")),
    "open-socket": attempt(lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM)),
    "unix-socket": attempt(lambda: socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)),
    "fork": attempt(os.fork),
    "run-program": attempt(lambda: subprocess.run(["/bin/true"], check=True)),
    "kill-parent": attempt(lambda: os.kill(os.getppid(), signal.SIGTERM)),
    "take-memory": attempt(lambda: bytearray(2 * 1024**3)),
    "raise-limit": attempt(lambda: resource.setrlimit(resource.RLIMIT_AS, (2**40, 2**40))),
    "start-thread": attempt(lambda: threading.Thread(target=int).start()),
}


if __name__ == "__main__":
    main()
