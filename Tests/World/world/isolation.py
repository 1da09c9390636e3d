"""A room of its own for the whole world: every trace of it goes when its last process ends.

The program starts itself again inside `unshare`: new network, mount and process namespaces, and a user namespace
where it is not root. Named network namespaces then live on a private /run. Process 1 of the room is this program, so
whatever way it ends, SIGKILL included, the kernel ends every process in the room and takes the rest down.
"""

import fcntl
import os
import signal
import subprocess
import sys

_MARK = "SHISA_WORLD_INSIDE"


def enter(record_in=None):
    """Goes inside, once; returns there. `record_in` names a file that gets the outer process id, for `join`; there is
    one room a file at a time, as its worlds share the folder of that file."""
    if os.environ.get(_MARK):
        if os.getpid() == 1:
            _furnish()
        return
    if record_in:
        try:
            record = hold(record_in)
        except Busy as reason:
            sys.exit(str(reason))
        # The lock lives as long as the room, because process 1 inherits it; however the room ends, it goes.
        os.write(record, f"{os.getpid()}\n".encode())
        os.set_inheritable(record, True)
    command = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]
    if os.geteuid() != 0:
        if not os.access("/dev/net/tun", os.R_OK | os.W_OK):
            sys.exit("/dev/net/tun is closed to this user, and tunnels need it. As root: chmod 0666 /dev/net/tun")
        command[1:1] = ["--user", "--map-root-user"]
    os.environ[_MARK] = "yes"
    os.execvp(command[0], command + [sys.executable, *sys.orig_argv[1:]])


class Busy(Exception):
    """Somebody else has the folder."""


def hold(record_in):
    """Takes the folder of this file for oneself until the descriptor that this gives is closed; nobody can `join` then."""
    os.makedirs(os.path.dirname(record_in), exist_ok=True)
    record = os.open(record_in, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(record, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        running = os.read(record, 32).decode().strip()
        os.close(record)
        raise Busy(f"A world of this directory is running already (process {running}). End it first: Ctrl-A X there.") from None
    os.ftruncate(record, 0)
    return record


def _furnish():
    # A shell cannot listen to a signal that it was started without, as under nohup.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    # Whoever joins later finds the same /run, and nobody outside sees what is mounted here.
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run"], check=True)
    os.makedirs("/run/netns", exist_ok=True)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    # QEMU takes frames from a Unix socket, whose queue is ten deep by default: a pause of the emulator on a busy machine
    # would lose the eleventh, and a test would take it for a fault of the router.
    with open("/proc/sys/net/unix/max_dgram_qlen", "w") as file:
        file.write("4096")


def join(record, command):
    """Runs `command` (a list) inside the room that `record` tells of, in place of this process."""
    try:
        with open(record) as file:
            outer = int(file.read())
        with open(f"/proc/{outer}/task/{outer}/children") as file:
            inner = int(file.read().split()[0])
    except (OSError, ValueError, IndexError):
        sys.exit("No world is running. Start one in another terminal: make run, or make host")
    os.environ[_MARK] = "yes"
    enter_user = ["--user", "--preserve-credentials"] if os.geteuid() != 0 else []
    nsenter = ["nsenter", f"--target={inner}", *enter_user, "--mount", "--pid", "--net"]
    os.execvp("nsenter", nsenter + ["--wd=" + os.getcwd()] + command)
