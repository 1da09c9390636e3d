"""`make run`: a person at the board's console; for other terminals, shells on its machines and hands on its cables."""

import os
import socket
import subprocess
import threading

from .board import Board, make_board_world

# Where `make unplug` finds the running world; on the room's private /run.
CONTROL = "/run/world/control"

# Where the home agent's system puts Shisa's programs.
BINARIES = "/run/world/bin"

_WELCOME = """
  The world is made: home agent, two access networks, a correspondent, and a host behind the board.
  This terminal is about to become the board's serial console. Press Enter there for a shell, and try:

      shisactl status          shisactl registrations          shisactl events --follow

  In another terminal, in this directory:

      make shell NODE=host     and there:  ping 2001:db8:c::c      (the correspondent, through the tunnel)
      make shell NODE=ha       and there:  shisactl --socket /run/world/ha/mobility.sock bindings
      make unplug UPLINK=eth0  and see the ping go on;  make plug UPLINK=eth0  puts the cable back

  To leave: Ctrl-A, then X. Everything goes with it.
"""


def run(shisa=".build/debug/shisa", relay=".build/debug/linkrelay"):
    """Runs until the board is switched off; gives QEMU's exit code."""
    world, _, key = make_board_world("build/world-logs/run", shisa, relay)
    with world:
        print(_WELCOME, flush=True)
        board = Board(world, key, terminal=True)
        server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        server.bind(CONTROL)
        server.listen()
        threading.Thread(target=_serve, args=(server, world), daemon=True).start()
        while True:
            try:
                return board.process.wait()
            except KeyboardInterrupt:
                # The board's to see, and QEMU passes it on.
                continue


def _serve(server, world):
    while True:
        connection, _ = server.accept()
        with connection:
            try:
                action, _, interface = connection.recv(256).decode().strip().partition(" ")
                cable = world.cables[interface]
                {"unplug": cable.unplug, "plug": cable.plug}[action]()
                reply = f"{interface} is {'plugged in' if cable.plugged else 'unplugged'}"
            except KeyError as error:
                reply = f"no such cable or action: {error}; there are {', '.join(world.cables)}"
            except (OSError, RuntimeError) as error:
                reply = f"error: {error}"
            try:
                connection.sendall(reply.encode() + b"\n")
            except OSError:
                pass


def tell(action, interface):
    """From inside the room: asks the running world to pull or put back a cable."""
    if not os.path.exists(CONTROL):
        raise SystemExit("No world with a board is running. Start one in another terminal: make run")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.connect(CONTROL)
        connection.sendall(f"{action} {interface}\n".encode())
        reply = connection.recv(1024).decode().strip()
    if not reply.startswith(f"{interface} is "):
        raise SystemExit(reply)
    print(reply)


def enter(node):
    """From inside the room: a shell on one of its machines, whose name it bears."""
    nodes = sorted(os.listdir("/run/netns"))
    if node not in nodes:
        raise SystemExit(f"There is no machine {node} in this world, but: {', '.join(nodes)}. make shell NODE={nodes[0]}")
    # Shisa's programs are there by their names, as on a machine where they are installed.
    environment = dict(os.environ, PATH=f"{BINARIES}:{os.environ.get('PATH', '/usr/sbin:/usr/bin:/sbin:/bin')}")
    shell = 'hostname "$0"; exec "${SHELL:-/bin/bash}"'
    print(f"A shell on {node}; `exit` leaves it.", flush=True)
    # How the last command in there ended is no matter of whoever opened the shell.
    subprocess.run(["ip", "netns", "exec", node, "unshare", "--uts", "sh", "-c", shell, node], env=environment)
