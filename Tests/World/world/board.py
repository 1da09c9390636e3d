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
from .hosts import RESOLVER, serve_names
from .node import wait_for

# Where the first partition, the FAT that a PC can open, begins on every board.
BOOT_PARTITION = "16M"


class Board:
    """The board `qemu-virt`, switched on. With `terminal` its console is this terminal, else `command` types on it.

    `settings` is its shisa.conf, and `files` further ones of its boot partition, texts by their path there. The cables that
    `usb` names have no card: `plug_usb` plugs one into a port of the board while it runs. Its clock shows the time `clock` at first,
    such as 2020-01-01T00:00:00, or the right one.
    """

    def __init__(self, world, key, image="build/images/shisa-qemu-virt.img", emulator="board/qemu-virt/qemu",
                 terminal=False, settings=None, files=None, usb=(), clock=None):
        self.world = world
        self.directory = os.path.abspath("build/world")
        os.makedirs(self.directory, exist_ok=True)
        self.image = os.path.join(self.directory, "board.img")
        shutil.copyfile(image, self.image)
        self._write_configuration(key, settings or configuration.mobile_router(extra=RESOLVER), files or {})
        self.monitor = os.path.join(world.directory, "board.monitor")
        options = []
        for number, interface in enumerate(("eth0", "eth1", "lan0")):
            cable = world.cables[interface]
            cable.set_link = lambda present, name=interface: self.set_link(name, present)
            options += [
                "-netdev", f"dgram,id={interface},local.type=unix,local.path={cable.qemu_socket},"
                f"remote.type=unix,remote.path={cable.relay_socket}",
            ]
            if interface not in usb:
                # The place, by which the board names it.
                options += ["-device", f"virtio-net-pci,id={interface}-card,netdev={interface},"
                            f"mac=52:54:00:5a:00:{number:02x},romfile=,addr={hex(number + 1)}"]
        if clock:
            options += ["-rtc", f"base={clock}"]
        if usb:
            options += ["-device", "qemu-xhci,id=usb,addr=0xb"]
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

    def _write_configuration(self, key, settings, files):
        sources = {}
        for number, (target, text) in enumerate({"shisa.conf": settings, **files}.items()):
            sources[target] = os.path.join(self.directory, f"boot-file-{number}")
            with open(sources[target], "w") as file:
                file.write(text)
        sources["keys/home.key"] = os.path.join(self.directory, "home.key")
        configuration.write_key(sources["keys/home.key"], key)
        partition = f"{self.image}@@{BOOT_PARTITION}"
        environment = dict(os.environ, MTOOLS_SKIP_CHECK="1")
        for target, source in sources.items():
            if folder := os.path.dirname(target):
                # It may be there already, as the image's maker likes it.
                subprocess.run(["mmd", "-D", "s", "-i", partition, f"::{folder}"], env=environment,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            subprocess.run(["mcopy", "-o", "-i", partition, source, f"::{target}"], env=environment, check=True)

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

    def plug_usb(self, interface, port):
        """Plugs an adapter for a cable of `usb` into a port, counted from 1."""
        self._monitor(f"device_add usb-net,id={interface}-card,netdev={interface},bus=usb.0,port={port}")

    def unplug_usb(self, interface):
        self._monitor(f"device_del {interface}-card")

    def _monitor(self, line):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as monitor:
            monitor.settimeout(10)
            monitor.connect(self.monitor)
            self._until_prompt(monitor)
            monitor.sendall(line.encode() + b"\n")
            reply = self._until_prompt(monitor)
        if "not found" in reply or "unknown command" in reply or "Error" in reply:
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
    """The world for a board, with its home agent and a resolver running. Gives the world, the home agent and the key to
    give the board."""
    from .system import HomeAgentSystem
    from .world import World

    world = World(logs=logs, relay=relay, board=True)
    home_agent = HomeAgentSystem(world, shisa=shisa, log_level="info")
    key = home_agent.key("router.key")
    home_agent.configure(configuration.home_agent())
    home_agent.start("nemonetd", "had")
    serve_names(world.cn)
    return world, home_agent, key
