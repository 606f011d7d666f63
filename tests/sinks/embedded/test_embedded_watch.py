"""A watched query is stopped while it runs, and what its session runs next is not."""

import socket
import threading

from sinks.embedded.watch import Watch

SECONDS = 10.0


def test_a_run_is_not_left_while_it_is_being_interrupted() -> None:
    began, go_on, left = threading.Event(), threading.Event(), threading.Event()
    interrupted_after_it: list[bool] = []

    def interrupt() -> None:
        began.set()
        go_on.wait(SECONDS)
        interrupted_after_it.append(left.is_set())

    def run() -> None:
        with watch.running(ours, interrupt):
            assert began.wait(SECONDS)
        left.set()

    watch = Watch()
    watch.start()
    ours, theirs = socket.socketpair()
    with ours:
        theirs.close()
        thread = threading.Thread(target=run)
        thread.start()
        assert began.wait(SECONDS)
        assert not left.wait(0.2)
        go_on.set()
        assert left.wait(SECONDS)
        thread.join()
    watch.stop()
    assert interrupted_after_it
    assert not any(interrupted_after_it)
