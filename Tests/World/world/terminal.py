"""`make run`: a person at the board's console, and a way for other terminals to pull its cables."""

import os
import socket
import threading

from .board import Board, make_board_world

# Where `make unplug` finds the running world; on the room's private /run.
CONTROL = "/run/world/control"

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
        print(connection.recv(1024).decode().strip())
