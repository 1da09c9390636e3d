"""The emulated board: its image with the world's configuration, QEMU, its console and its cables."""

import json
import os
import re
import shutil
import socket
import subprocess
import threading
import time

from . import configuration
from .node import wait_for

# Where the first partition, the FAT that a PC can open, begins on every board.
BOOT_PARTITION = "16M"


class Board:
    """The board `qemu-virt`, switched on. With `terminal` its console is this terminal, else `command` types on it."""

    def __init__(self, world, key, image="build/images/shisa-qemu-virt.img", emulator="board/qemu-virt/qemu",
                 terminal=False):
        self.world = world
        self.directory = os.path.abspath("build/world")
        os.makedirs(self.directory, exist_ok=True)
        self.image = os.path.join(self.directory, "board.img")
        shutil.copyfile(image, self.image)
        self._write_configuration(key)
        self.monitor = os.path.join(world.directory, "board.monitor")
        options = []
        for number, interface in enumerate(("eth0", "eth1", "lan0")):
            cable = world.cables[interface]
            cable.set_link = lambda present, name=interface: self.set_link(name, present)
            options += [
                "-netdev", f"dgram,id={interface},local.type=unix,local.path={cable.qemu_socket},"
                f"remote.type=unix,remote.path={cable.relay_socket}",
                "-device", f"virtio-net-pci,id={interface}-card,netdev={interface},mac=52:54:00:5a:00:{number:02x},romfile=",
            ]
        options += ["-chardev", f"socket,id=world,path={self.monitor},server=on,wait=off", "-mon", "chardev=world"]
        command = [os.path.abspath(emulator), self.image, *options]
        self.started = time.monotonic()
        self.text = ""
        if terminal:
            self.process = subprocess.Popen(command)
        else:
            self.log = open(os.path.join(world.logs, "board-console.log"), "wb")
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            threading.Thread(target=self._listen, daemon=True).start()

    def _write_configuration(self, key):
        path = os.path.join(self.directory, "shisa.conf")
        with open(path, "w") as file:
            file.write(configuration.mobile_router())
        key_path = os.path.join(self.directory, "home.key")
        configuration.write_key(key_path, key)
        partition = f"{self.image}@@{BOOT_PARTITION}"
        environment = dict(os.environ, MTOOLS_SKIP_CHECK="1")
        # The directory may be there already, as the image's maker likes it.
        subprocess.run(["mmd", "-D", "s", "-i", partition, "::keys"], env=environment,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for source, target in ((path, "::shisa.conf"), (key_path, "::keys/home.key")):
            subprocess.run(["mcopy", "-o", "-i", partition, source, target], env=environment, check=True)

    def _listen(self):
        while data := self.process.stdout.read1(4096):
            self.log.write(data)
            self.log.flush()
            self.text += data.decode(errors="replace")

    @property
    def alive(self):
        return self.process.poll() is None

    def set_link(self, interface, present):
        self._monitor(f"set_link {interface} {'on' if present else 'off'}")

    def _monitor(self, line):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as monitor:
            monitor.settimeout(10)
            monitor.connect(self.monitor)
            self._until_prompt(monitor)
            monitor.sendall(line.encode() + b"\n")
            reply = self._until_prompt(monitor)
        if "not found" in reply or "unknown command" in reply:
            raise RuntimeError(f"QEMU: {line}: {reply}")

    @staticmethod
    def _until_prompt(monitor):
        text = b""
        while not text.endswith(b"(qemu) "):
            data = monitor.recv(4096)
            if not data:
                raise RuntimeError("QEMU closed its monitor")
            text += data
        return text.decode(errors="replace")

    def type(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def open_shell(self, timeout=60):
        """Presses Enter until a shell answers, but not before init asks for it: the boot loader listens, too."""
        wait_for(lambda: "press Enter" in self.text, "the board to offer a shell", timeout, 0.1)
        def answered():
            mark = f"shell-{time.monotonic_ns()}"
            # Split, so that the echo of what is typed is not taken for the answer.
            self.type("")
            self.type(f"echo {mark[:6]}''{mark[6:]}")
            time.sleep(0.5)
            return mark in self.text
        wait_for(answered, "a shell on the board's console", timeout, 0.2)

    def command(self, line, timeout=20):
        """Types a command on the console and gives what it printed. Other lines of the console may be in between."""
        # Marks around the output, each typed in two halves, so that the echo of the line is not taken for them.
        number = time.monotonic_ns()
        start = len(self.text)
        self.type(f"echo; echo be''gin-{number}; {line}; echo; echo e''nd-{number}")
        pattern = re.compile(rf"^begin-{number}\r?\n(.*)^end-{number}", re.MULTILINE | re.DOTALL)
        found = wait_for(lambda: pattern.search(self.text, start), f"the end of: {line}", timeout)
        return found.group(1).replace("\r", "").strip("\n")

    def ask(self, table):
        """One of shisactl's tables on the board."""
        # A message of the kernel may stand in between: then it is asked for again.
        for _ in range(5):
            output = self.command(f"shisactl --json {table}")
            found = re.search(r"^\{.*^\}", output, re.MULTILINE | re.DOTALL)
            try:
                return json.loads(found.group(0))[table]
            except (AttributeError, ValueError):
                time.sleep(0.3)
        raise RuntimeError(f"shisactl --json {table} said:\n{output}")

    def close(self):
        if self.alive:
            self.process.kill()
        self.process.wait()


def make_board_world(logs, shisa, relay):
    """The world for a board, with its home agent running. Gives the world, the home agent and the key to give the
    board."""
    from .system import HomeAgentSystem
    from .world import World

    world = World(logs=logs, relay=relay, board=True)
    home_agent = HomeAgentSystem(world, shisa=shisa, log_level="info")
    key = home_agent.key("router.key")
    home_agent.configure(configuration.home_agent())
    home_agent.start("nemonetd", "had")
    return world, home_agent, key
