"""A machine of the world: one network namespace, and what runs in it."""

import json
import os
import signal
import subprocess
import time

# How much longer than on a machine of its own everything may take, for emulated ones. Never a matter of what is right:
# it stretches only how long something is waited for.
PATIENCE = float(os.environ.get("WORLD_PATIENCE", "1"))


class Node:
    def __init__(self, name, directory, logs):
        self.name = name
        self.directory = os.path.join(directory, name)
        self.logs = logs
        self.programs = []
        os.makedirs(self.directory, exist_ok=True)
        os.makedirs(logs, exist_ok=True)
        subprocess.run(["ip", "netns", "add", name], check=True)
        self.ip("link set lo up")

    def command(self, arguments):
        return ["ip", "netns", "exec", self.name, *map(str, arguments)]

    def run(self, *arguments, check=True, timeout=60, **options):
        """Runs a command to its end; gives its result with text output."""
        result = subprocess.run(self.command(arguments), text=True, capture_output=True, timeout=timeout * PATIENCE, **options)
        if check and result.returncode != 0:
            raise RuntimeError(
                f"{self.name}: {' '.join(map(str, arguments))}: exit {result.returncode}\n{result.stdout}{result.stderr}"
            )
        return result

    def start(self, name, *arguments, **options):
        """Starts a program that stays; what it prints goes to a file of its own in the logs."""
        program = Program(self, name, self.command(arguments), **options)
        self.programs.append(program)
        return program

    def ip(self, *lines):
        """Carries out lines of ip(8), all in one call."""
        subprocess.run(["ip", "-n", self.name, "-batch", "-"], input="\n".join(lines), text=True, check=True)

    def ip_json(self, *arguments):
        result = subprocess.run(["ip", "-n", self.name, "-j", *arguments], text=True, capture_output=True, check=True)
        return json.loads(result.stdout or "[]")

    def sysctl(self, **settings):
        """Sets kernel settings; `__` in a name stands for the dot."""
        self.run("sysctl", "-qw", *(f"{name.replace('__', '.')}={value}" for name, value in settings.items()))

    def addresses(self, interface, scope="global"):
        """The usable addresses of an interface, as text."""
        found = []
        for link in self.ip_json("-6", "address", "show", "dev", interface):
            for address in link.get("addr_info", []):
                if address["scope"] == scope and not address.get("tentative"):
                    found.append(address["local"])
        return found

    def ping(self, destination, *options, count=1, wait=2):
        """Whether every one of `count` echoes came back, each within `wait` seconds. None is sent after one that did not."""
        # One call an echo: of several, ping waits for the last one only as long as the others took, which on a busy machine
        # says nothing.
        return all(
            self.run("ping", "-6", "-n", "-q", "-c", 1, "-W", wait * PATIENCE, *options, destination, check=False).returncode == 0
            for _ in range(count))

    def send_packets(self, packets):
        """Sends whole IPv6 packets, given as bytes, whatever source they claim."""
        script = (
            "import socket, sys\n"
            "out = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)\n"
            "for line in sys.stdin:\n"
            "    packet = bytes.fromhex(line)\n"
            "    out.sendto(packet, (socket.inet_ntop(socket.AF_INET6, packet[24:40]), 0))\n"
        )
        self.run("python3", "-c", script, input="".join(packet.hex() + "\n" for packet in packets))

    def send_frames(self, interface, packets, neighbour="33:33:00:00:00:01"):
        """Sends whole IPv6 packets, given as bytes, on a link: to all of its nodes, or to one link-layer address."""
        script = (
            "import socket, sys\n"
            "out = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM)\n"
            "for line in sys.stdin:\n"
            "    out.sendto(bytes.fromhex(line), (sys.argv[1], 0x86dd, 0, 1, bytes.fromhex(sys.argv[2])))\n"
        )
        self.run("python3", "-c", script, interface, neighbour.replace(":", ""),
                 input="".join(packet.hex() + "\n" for packet in packets))

    def close(self):
        for program in self.programs:
            program.kill()
        subprocess.run(["ip", "netns", "del", self.name], check=False)


class Program:
    """A process that the world started, with its log."""

    def __init__(self, node, name, command, **options):
        self.node = node
        self.name = name
        self.log_path = os.path.join(node.logs, f"{node.name}-{name}.log")
        # One file a program for the whole life of the world: a restart adds to it.
        self.log_start = os.path.getsize(self.log_path) if os.path.exists(self.log_path) else 0
        log = open(self.log_path, "ab")
        options.setdefault("stdout", log)
        options.setdefault("stderr", log)
        options.setdefault("stdin", subprocess.DEVNULL)
        self.process = subprocess.Popen(command, **options)
        log.close()

    @property
    def alive(self):
        return self.process.poll() is None

    def log(self):
        """What it printed since it was started."""
        with open(self.log_path, errors="replace") as file:
            file.seek(self.log_start)
            return file.read()

    def signal(self, number):
        if self.alive:
            self.process.send_signal(number)

    def reload(self):
        self.signal(signal.SIGHUP)

    def stop(self, timeout=10):
        """Ends it as an init would, with SIGTERM; gives its exit code."""
        self.signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout * PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            raise RuntimeError(f"{self.node.name}: {self.name} ignored SIGTERM for {timeout} s\n{self.log()}")

    def kill(self):
        if self.alive:
            self.process.kill()
        self.process.wait()


def wait_for(condition, what, timeout=30.0, interval=0.02):
    """Waits until `condition()` is true and gives its value; says `what` was missing when time is up."""
    timeout *= PATIENCE
    deadline = time.monotonic() + timeout
    problem = None
    while True:
        try:
            value = condition()
            problem = None
            if value:
                return value
        except (OSError, RuntimeError, ValueError, KeyError, IndexError, TypeError) as error:
            value, problem = None, error
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {timeout} s: {what}" + (f" ({problem})" if problem else f" (last: {value!r})"))
        time.sleep(interval)
