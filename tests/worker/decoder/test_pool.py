"""The worker's side of the pipe, against children that do their worst."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import subprocess
import sys
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator

import psutil
import pytest

from core.errors import DecoderCrashed, DecodeTimeout, StoreUnavailable, UnreadableMedia
from core.evidence import ExtractOptions
from tests.worker.decoder.decoders import PATIENT_S, obedient_pool, obey
from worker.decoder.config import DecoderConfig
from worker.decoder.decoder import Decoder
from worker.decoder.pool import STARTS, DecoderPool


@pytest.fixture(scope="module")
def pool() -> Iterator[DecoderPool]:
    with obedient_pool() as made:
        yield made


def pid_of(pool: DecoderPool) -> int:
    with pytest.raises(UnreadableMedia) as caught:
        obey(pool, "pid")
    return int(str(caught.value))


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def wait_until_gone(pid: int) -> bool:
    deadline = time.monotonic() + 20
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not is_alive(pid)


def test_an_error_of_the_file_leaves_the_child_alive(pool: DecoderPool) -> None:
    before = pid_of(pool)
    with pytest.raises(UnreadableMedia, match="what a file"):
        obey(pool, "say what a file")
    assert pid_of(pool) == before


@pytest.mark.parametrize("order", ["hang", "deaf"])
def test_a_child_that_hangs_is_killed_at_the_deadline_and_replaced(
    pool: DecoderPool, order: str
) -> None:
    before = pid_of(pool)
    with pytest.raises(DecodeTimeout, match=r"0\.5 s"):
        obey(pool, order, deadline_s=0.5)
    assert not is_alive(before)
    assert pid_of(pool) != before


def test_a_child_that_stops_reading_a_large_upload_meets_the_deadline(pool: DecoderPool) -> None:
    upload = [b"deaf\n", *[bytes(1024**2)] * 8]
    size = sum(map(len, upload))
    with pytest.raises(DecodeTimeout):
        pool.extract(iter(upload), size, ExtractOptions(), deadline_s=0.5)
    with pytest.raises(UnreadableMedia, match="fine again"):
        obey(pool, "say fine again")


def test_a_child_that_burns_its_processor_time_is_ended_as_too_slow(pool: DecoderPool) -> None:
    with pytest.raises(DecodeTimeout):
        obey(pool, "burn")


@pytest.mark.parametrize("name", ["SIGSEGV", "SIGKILL", "SIGABRT"])
def test_the_error_of_a_crash_names_the_signal(pool: DecoderPool, name: str) -> None:
    with pytest.raises(DecoderCrashed, match=name):
        obey(pool, f"crash {getattr(signal, name).value}")


def test_an_exit_names_the_code_and_the_log_has_the_last_words(
    pool: DecoderPool, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING), pytest.raises(DecoderCrashed, match="code 3"):
        obey(pool, "shout")
    assert caplog.text.rstrip().endswith("the last line")
    assert len(caplog.text) < 6000


@pytest.mark.parametrize(
    "order",
    [
        "noise",
        "twice",
        "parts",
        "answer-with-code store_unavailable",
        "answer-with-code job_finished",
        "answer-with-code no_such_code",
    ],
)
def test_an_answer_that_no_decoder_gives_is_a_crash_and_ends_the_child(
    pool: DecoderPool, order: str
) -> None:
    before = pid_of(pool)
    with pytest.raises(DecoderCrashed):
        obey(pool, order)
    assert not is_alive(before)


def test_what_libraries_print_to_stdout_is_no_answer(pool: DecoderPool) -> None:
    with pytest.raises(UnreadableMedia, match="heard"):
        obey(pool, "chatter")


def test_an_upload_that_breaks_off_ends_the_child_and_keeps_its_error(pool: DecoderPool) -> None:
    def chunks() -> Iterator[bytes]:
        yield b"say never heard\n"
        raise StoreUnavailable("Redis is away.")

    before = pid_of(pool)
    with pytest.raises(StoreUnavailable):
        pool.extract(chunks(), 1000, ExtractOptions(), deadline_s=PATIENT_S)
    assert not is_alive(before)


@pytest.mark.parametrize("size", [1, 1000])
def test_an_upload_of_another_size_than_announced_is_a_bug_and_said_so(
    pool: DecoderPool, size: int
) -> None:
    with pytest.raises(ValueError, match=f"an upload of {size:,}"):
        pool.extract(iter([b"say something\n"]), size, ExtractOptions(), deadline_s=PATIENT_S)


class Stop(Exception):
    pass


def test_a_canceled_job_does_not_wait_for_its_decoder(pool: DecoderPool) -> None:
    canceled = threading.Event()
    threading.Timer(0.2, canceled.set).start()

    def check() -> None:
        if canceled.is_set():
            raise Stop

    before = pid_of(pool)
    with pytest.raises(Stop):
        pool.extract(iter([b"hang\n"]), 5, ExtractOptions(), deadline_s=PATIENT_S, check=check)
    assert not is_alive(before)


def test_a_large_upload_passes_in_constant_memory(pool: DecoderPool) -> None:
    order, chunk, count = b"say done\n", 1024**2, 96
    upload = (order if n == 0 else bytes(chunk) for n in range(count + 1))
    obey_nothing = len(order) + chunk * count
    tracemalloc.start()
    with pytest.raises(UnreadableMedia, match="done"):
        pool.extract(upload, obey_nothing, ExtractOptions(), deadline_s=PATIENT_S)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * chunk


def test_a_child_is_replaced_after_so_many_files() -> None:
    with obedient_pool(max_jobs=2) as pool:
        pids = [pid_of(pool) for _ in range(4)]
    assert pids[0] == pids[1] != pids[2] == pids[3]


def wait_for_spare(pool: DecoderPool, idle: int = 2) -> set[int]:
    """The children that wait for a file, once there are so many."""
    deadline = time.monotonic() + PATIENT_S
    while len(pool._idle) < idle and time.monotonic() < deadline:
        time.sleep(0.02)
    return {decoder.pid for decoder in pool._idle}


def test_after_a_canceled_job_the_next_one_has_a_child_that_was_ready_before() -> None:
    with obedient_pool() as pool:
        ready = wait_for_spare(pool)
        assert len(ready) == 2
        with pytest.raises(DecodeTimeout):
            obey(pool, "hang", deadline_s=0.1)
        started = time.monotonic()
        assert pid_of(pool) in ready
        assert time.monotonic() - started < 2
        assert len(wait_for_spare(pool) - ready) == 1


def test_while_no_child_is_lost_the_spare_one_reads_no_file() -> None:
    with obedient_pool() as pool:
        wait_for_spare(pool)
        assert len({pid_of(pool) for _ in range(5)}) == 1


def test_a_child_that_starts_more_threads_than_decoding_needs_is_ended() -> None:
    config = DecoderConfig(threads=1)
    with obedient_pool() as pool:
        with pytest.raises(DecoderCrashed, match=f"threads; the limit is {config.max_threads}"):
            obey(pool, "start-threads")
        with pytest.raises(UnreadableMedia, match="here"):
            obey(pool, "say here")


def test_what_a_child_says_last_is_logged_line_by_line_without_control_characters(
    pool: DecoderPool, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING), pytest.raises(DecoderCrashed, match="code 4"):
        obey(pool, "mutter")
    said = [message for message in caplog.messages if " said: " in message]
    assert all(message.isprintable() and len(message) < 350 for message in said)
    assert [message.partition(" said: ")[2][:16] for message in said] == [
        r"\x1b[31mred\rfor",
        "y" * 16,
        r"\u202eé",
    ]


def test_a_child_that_can_not_be_loaded_fails_every_job_and_not_for_ever() -> None:
    pool = DecoderPool(DecoderConfig(module="worker.no_such_module"), 1)
    try:
        for _ in range(2):
            with pytest.raises(DecoderCrashed, match="exited with code 1"):
                obey(pool, "pid")
    finally:
        pool.close()


def test_children_that_are_lost_while_they_start_cost_a_file_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    start, left = Decoder.start, [DecoderCrashed("It was killed.")] * (STARTS - 1)

    def fragile(config: DecoderConfig, check: Callable[[], None]) -> Decoder:
        if left:
            raise left.pop()
        return start(config, check)

    monkeypatch.setattr(Decoder, "start", fragile)
    with obedient_pool() as pool, pytest.raises(UnreadableMedia, match="here"):
        obey(pool, "say here")


def test_no_library_that_decodes_is_loaded_with_the_pool() -> None:
    code = (
        "import sys, worker.decoder.pool; print({'cv2', 'openvino', 'av', 'PIL'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_a_child_that_keeps_too_much_memory_is_replaced() -> None:
    with obedient_pool(max_resident_bytes=1) as pool:
        assert pid_of(pool) != pid_of(pool)


def test_a_child_that_died_between_two_files_is_not_noticed_by_the_next() -> None:
    with obedient_pool() as pool:
        pid = pid_of(pool)
        os.kill(pid, signal.SIGKILL)
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)  # dead, and not reaped yet
        with pytest.raises(UnreadableMedia, match="here"):
            obey(pool, "say here")


def test_threads_that_a_file_leaves_behind_are_not_charged_to_the_next() -> None:
    with obedient_pool() as pool:
        with contextlib.suppress(DecoderCrashed), pytest.raises(UnreadableMedia):
            obey(pool, "leave-threads")
        with pytest.raises(UnreadableMedia, match="here"):
            obey(pool, "say here")


def test_between_two_files_a_child_takes_no_processor_time() -> None:
    with obedient_pool() as pool:
        with pytest.raises(UnreadableMedia, match="done"):
            obey(pool, "leave-work")
        child = psutil.Process(pool._idle[-1].pid)
        before = child.cpu_times()
        time.sleep(0.5)
        after = child.cpu_times()
        assert after.user + after.system - before.user - before.system < 0.05
        assert child.status() == psutil.STATUS_STOPPED


def test_a_child_that_floods_the_log_costs_the_worker_next_to_nothing() -> None:
    with obedient_pool() as pool:
        before = time.process_time()
        with pytest.raises(DecodeTimeout):
            obey(pool, "flood", deadline_s=2)
        assert time.process_time() - before < 0.4


def test_a_child_started_for_a_thread_survives_the_thread() -> None:
    """PR_SET_PDEATHSIG fires when the thread that forked ends, not the process."""
    with obedient_pool() as pool:
        first: list[int] = []
        for _ in range(2):
            thread = threading.Thread(target=lambda: first.append(pid_of(pool)))
            thread.start()
            thread.join()
        assert first[0] == first[1]


def test_jobs_at_once_use_different_children() -> None:
    with obedient_pool(size=2) as pool:
        both = threading.Barrier(2)
        pids: list[int] = []

        def chunks() -> Iterator[bytes]:
            both.wait(PATIENT_S)  # each is in its child's hands
            yield b"pid\n"

        def one() -> None:
            with pytest.raises(UnreadableMedia) as caught:
                pool.extract(chunks(), 4, ExtractOptions(), deadline_s=PATIENT_S)
            pids.append(int(str(caught.value)))

        threads = [threading.Thread(target=one) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(set(pids)) == 2


def test_closing_leaves_no_process_behind() -> None:
    with obedient_pool(size=2) as pool:
        pid = pid_of(pool)
    assert wait_until_gone(pid)


def test_a_child_that_can_not_be_loaded_says_so() -> None:
    pool = DecoderPool(DecoderConfig(module="worker.no_such_module"), 1)
    try:
        with pytest.raises(DecoderCrashed, match="exited with code 1"):
            pool.wait_ready()
    finally:
        pool.close()


PARENT = """
import time
from tests.worker.decoder.decoders import obedient_pool
with obedient_pool() as pool:
    print(pool._idle[0].pid, flush=True)
    time.sleep(3600)
"""


def test_children_die_with_a_worker_that_is_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert is_alive(child)
        parent.kill()
    assert wait_until_gone(child)
