"""The cables of the world: plain veth pairs, or a `linkrelay` where delay, jitter, loss or rate are wanted.

Each cable has a far end on the switch of an access network (a bridge named `lan`) and a near end at the mobile router.
Pulling one takes the carrier from the near end, as pulling the plug does.
"""

import os
import socket
import subprocess

from .node import wait_for


class Cable:
    """What all cables can do."""

    def __init__(self, interface, near, far):
        self.interface = interface
        self.near = near
        self.far = far
        self.plugged = True

    @property
    def port(self):
        """The far end's name, on the switch."""
        return f"{self.interface}-port"

    def connect_far_end(self, switch="lan"):
        self.far.ip(f"link set {self.port} master {switch}", f"link set {self.port} up")

    def shape(self, direction="both", **settings):
        raise RuntimeError(f"{self.interface}: a plain cable has no delay, loss or rate; ask the world for a shaped one")


class PlainCable(Cable):
    def __init__(self, interface, near, far, switch="lan"):
        super().__init__(interface, near, far)
        near.ip(f"link add {interface} type veth peer name {self.port} netns {far.name}", f"link set {interface} up")
        self.connect_far_end(switch)

    def unplug(self):
        self.far.ip(f"link set {self.port} down")
        self.plugged = False

    def plug(self):
        self.far.ip(f"link set {self.port} up")
        self.plugged = True


class ShapedCable(Cable):
    """Through a linkrelay. `near` is None for QEMU's datagram socket, whose carrier QEMU's monitor switches."""

    def __init__(self, interface, near, far, binary, directory, logs, seed=1, bridged=True):
        super().__init__(interface, near, far)
        base = os.path.join(directory, interface)
        self.control = base + ".control"
        self.qemu_socket, self.relay_socket = base + ".qemu", base + ".relay"
        self.set_link = None
        # Device names in the root of the room; they are renamed when they reach their namespaces.
        near_end = f"tap:n-{interface}" if near else f"dgram:{self.relay_socket}:{self.qemu_socket}"
        self.log = open(os.path.join(logs, f"cable-{interface}.log"), "ab")
        self.process = subprocess.Popen(
            [binary, self.control, str(seed), near_end, f"tap:f-{interface}"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.log,
        )
        if self.process.stdout.readline() != b"ready\n":
            raise RuntimeError(f"linkrelay for {interface} did not start; see {self.log.name}")
        if near:
            subprocess.run(["ip", "link", "set", f"n-{interface}", "netns", near.name, "name", interface], check=True)
            near.ip(f"link set {interface} up")
        name = self.port if bridged else interface
        subprocess.run(["ip", "link", "set", f"f-{interface}", "netns", far.name, "name", name], check=True)
        if bridged:
            self.connect_far_end()
        else:
            far.ip(f"link set {name} up")

    def request(self, line):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as control:
            control.settimeout(5)
            control.connect(self.control)
            control.sendall(line.encode())
            reply = control.recv(4096).decode().strip()
        if reply.startswith("error"):
            raise RuntimeError(f"{self.interface}: {line}: {reply}")
        return reply

    def shape(self, direction="both", **settings):
        """Sets `delay` and `jitter` (milliseconds), `loss` (0 to 1), `rate` (Mbit/s), `queue` (KiB), `reorder` (0, 1).

        `direction` is "up" (away from the mobile router), "down" or "both".
        """
        self.request(" ".join(["set", direction, *(f"{name}={value}" for name, value in settings.items())]))

    def counters(self):
        words = self.request("stats").split()
        result, current = {}, None
        for word in words:
            name, _, value = word.partition("=")
            if value:
                current[name] = int(value)
            else:
                current = result.setdefault(name, {})
        return result

    def unplug(self):
        self.request("carrier 0 off")
        if self.set_link:
            self.set_link(False)
        self.plugged = False

    def plug(self):
        self.request("carrier 0 on")
        if self.set_link:
            self.set_link(True)
        self.plugged = True

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.log.close()


def carrier(node, interface):
    """Whether the interface has a carrier just now."""
    return "LOWER_UP" in node.ip_json("link", "show", "dev", interface)[0]["flags"]


def wait_for_carrier(node, interface, present):
    wait_for(lambda: carrier(node, interface) == present, f"{interface} carrier {'on' if present else 'off'}")
