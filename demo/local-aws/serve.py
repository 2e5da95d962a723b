"""Runs the local AWS on loopback until standard input ends.

Whoever starts it holds the other end of its standard input. When that process ends, however it ends,
so does this one, with every function that it has started.
"""

import os
import signal
import sys
import threading

os.setpgid(0, 0)


def end_with_parent():
    sys.stdin.buffer.read()
    os.killpg(0, signal.SIGKILL)


threading.Thread(target=end_with_parent, daemon=True).start()

from ministack.app import main  # noqa: E402  (the group must be set before anything starts)

sys.argv = ["ministack"]
main()
