"""`make run`: a person at the board's console; for other terminals, shells on its machines and hands on its cables."""

import os
import socket
import subprocess
import threading

from . import configuration
from .board import Board, make_board_world
from .system import CorrespondentSystem, make_host_pair
from .world import World

# Where `make unplug` finds the running world; on the room's private /run.
CONTROL = "/run/world/control"

# Where the home agent's system puts Shisa's programs.
BINARIES = "/run/world/bin"

_WELCOME = """
  The world is made: home agent, two access networks, a correspondent, and a
  host behind the board. This terminal is about to become the board's serial
  console. Press Enter there for a shell, and try:

      shisactl status          shisactl why            shisactl use eth1
      shisactl registrations   shisactl use auto       shisactl events --follow

  In another terminal, in this directory:

      make shell NODE=host     and there:  ping 2001:db8:c::c
                               (the correspondent, through the tunnel)
      make shell NODE=ha       and there:  shisactl bindings
      make unplug UPLINK=eth0  and see the ping go on
      make plug UPLINK=eth0    puts the cable back

  To leave: Ctrl-A, then X. Everything goes with it.
"""


_HOST_WELCOME = """
  The world is made: a mobile host `mr` that is away from home, its home agent,
  and a correspondent. This is a shell on the host. Try:

      shisactl status          ping -c 5 2001:db8:c::c
      shisactl routes          shisactl why            shisactl use eth1

  Its settings are /run/shisa/shisa.conf. When you have changed them:

      mnd --check --config /run/shisa/shisa.conf
      killall -HUP nemonetd babymdd mnd

  In another terminal, in this directory:

      make shell NODE=cn       and there:  shisactl bindings
                               (who is reached without the home agent)
      make unplug UPLINK=eth0  and see the ping go on
      make plug UPLINK=eth0    puts the cable back

  To leave: exit. Everything goes with it.
"""


def host():
    """A mobile host, its home agent and a correspondent that it can talk to directly; gives the exit code of the shell."""
    with World(logs="build/world-logs/host") as world:
        home_agent, mobile = make_host_pair(world)
        correspondent = CorrespondentSystem(world)
        correspondent.configure(configuration.correspondent())
        home_agent.start("nemonetd", "had")
        correspondent.start("nemonetd", "cnd")
        mobile.start("nemonetd", "babymdd", "mnd")
        mobile.wait_registered()
        _listen(world)
        print(_HOST_WELCOME, flush=True)
        return enter(world.mr.name)


def run(shisa=".build/debug/shisa", relay=".build/debug/linkrelay"):
    """Runs until the board is switched off; gives QEMU's exit code."""
    world, _, key = make_board_world("build/world-logs/run", shisa, relay)
    with world:
        print(_WELCOME, flush=True)
        board = Board(world, key, terminal=True)
        _listen(world)
        while True:
            try:
                return board.process.wait()
            except KeyboardInterrupt:
                # The board's to see, and QEMU passes it on.
                continue


def _listen(world):
    """Takes the wishes of other terminals from now on."""
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    server.bind(CONTROL)
    server.listen()
    threading.Thread(target=_serve, args=(server, world), daemon=True).start()


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
        raise SystemExit("No world is running. Start one in another terminal: make run, or make host")
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
    print(f"A shell on {node}; `exit` leaves it.", flush=True)
    # How the last command in there ended is no matter of whoever opened the shell.
    subprocess.run(inside(node, 'exec "${SHELL:-/bin/bash}"'), env=environment)


def inside(node, command):
    """The command line that runs a shell's command on a machine, which bears its name and has its socket where shisactl
    looks for it. The machines share /run: each shell sees one of its own."""
    place = os.path.join(os.path.dirname(BINARIES), node)
    prepare = 'hostname "$0"; mkdir -p /run/shisa && mount --bind "$1" /run/shisa; '
    return ["ip", "netns", "exec", node, "unshare", "--uts", "--mount", "sh", "-c", prepare + command, node, place]
