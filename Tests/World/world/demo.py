"""`make run DEMO=auto`: the story without a person. Each step is measured and said; all must hold."""

import sys
import time

from .board import Board, make_board_world
from .flow import Flow
from .hosts import NAME, configured, look_up, start_afresh
from .node import wait_for
from .system import ProgramEnded
from .transfer import Transfer
from .world import CORRESPONDENT, HOST, INGRESS_ROUTER

# Emulation without a hardware accelerator is slow, and machines that test are busy.
BOOT_PATIENCE = 240


class Story:
    """Tells the steps, and remembers whether all held."""

    def __init__(self):
        self.held = True
        self.figures = {}

    def step(self, title, action):
        """Carries out one step. `action` gives (held, figure to show)."""
        print(f"  …    {title}", end="\r" if sys.stdout.isatty() else "\n", flush=True)
        try:
            held, figure = action()
        except Exception as error:  # Whatever went wrong, the step did not hold, and the story says so.
            held, figure = False, f"{type(error).__name__}: {error}"
        print(f"  {'ok  ' if held else 'FAIL'} {title}: {figure}", flush=True)
        self.held = self.held and held
        return held


class Demo:
    def __init__(self, shisa=".build/debug/shisa", relay=".build/debug/linkrelay", logs="build/world-logs/demo"):
        self.world, self.home_agent, key = make_board_world(logs, shisa, relay)
        self.story = Story()
        self.board = Board(self.world, key)

    def play(self):
        """Plays the story; gives whether all held."""
        step = self.story.step
        try:
            if step("the board boots and registers with its home agent", self.registers):
                step("a host behind the board configures itself", self.configures)
                step("shisa.conf is edited on the board, and the host hears of it", self.edited)
                step("host behind the board pings the correspondent", lambda: self.pings(self.world.host, CORRESPONDENT))
                step("correspondent pings the host behind the board", lambda: self.pings(self.world.cn, HOST))
                step("a TCP transfer goes on while its uplink is unplugged", self.unplug)
                step("the uplink comes back and is used again", self.plug)
                step("shisactl on the board's console shows it", self.shown)
        finally:
            self.board.close()
            self.world.close()
        return self.story.held

    def registers(self):
        def bound():
            if not self.board.alive:
                raise ProgramEnded(f"QEMU ended:\n{self.board.text[-3000:]}")
            return self.home_agent.binding()
        wait_for(bound, "a binding at the home agent", BOOT_PATIENCE, 0.1)
        since_power = time.monotonic() - self.board.started
        self.board.open_shell()
        # Which uplink is up first is chance; the story goes on when the preferred one carries, at both ends.
        wait_for(self.settled, "a registration over eth0 that board and home agent agree on", 60, 0.5)
        guest = registered_after(self.board)
        self.story.figures["boot_to_registration_seconds"] = guest
        return True, f"{guest:.1f} s of guest time after the kernel started ({since_power:.0f} s after power on)"

    def settled(self):
        """The board's preferred registration once it is over eth0 and what the home agent prefers as well."""
        registration = next((row for row in self.board.ask("registrations") if row["state"] == "registered"), None)
        binding = self.home_agent.binding()
        agreed = registration and binding and registration["care_of_address"] == binding["care_of_address"]
        return registration if agreed and registration["uplink"] == "eth0" else None

    def configures(self):
        host = self.world.host
        start_afresh(host)
        (address, *_), gateway, mtu = wait_for(lambda: configured(host), "address, router and MTU", 60, 0.2)
        found = wait_for(lambda: look_up(host, INGRESS_ROUTER), f"the address of {NAME}", 60)
        # As who it is known in what follows.
        host.ip(f"address add {HOST}/64 dev lan0 nodad")
        return found == [CORRESPONDENT] and mtu == 1460, (
            f"{address}, router {gateway}, MTU {mtu}; the board tells that {NAME} is {', '.join(found)}")

    def edited(self):
        old, new = 'interface = "lan0";', 'interface = "lan0"; mtu = 1400;'
        start = time.monotonic()
        self.board.command(
            f"mount -o remount,rw /boot && sed -i 's/{old}/{new}/' /boot/shisa.conf; mount -o remount,ro /boot; "
            "killall -HUP hosts")
        wait_for(lambda: configured(self.world.host)[2] == 1400, "the new MTU", 60, 0.2)
        return True, f"MTU 1400 after {time.monotonic() - start:.1f} s"

    def pings(self, node, destination):
        wait_for(lambda: node.ping(destination), f"an answer from {destination}", 20)
        result = node.run("ping", "-6", "-n", "-q", "-i", 1, "-c", 5, "-W", 5, destination, check=False).stdout
        summary = [line for line in result.splitlines() if "packet loss" in line or line.startswith("rtt")]
        return " 0% packet loss" in result, ", ".join(summary)

    def unplug(self):
        wait_for(lambda: self.uplink_address("eth1"), "an address on the second uplink", 30)
        before = self.home_agent.binding()["care_of_address"]
        transfer = Transfer(self.world.host, self.world.cn, CORRESPONDENT)
        flow = Flow(self.world.host, HOST, self.world.cn, CORRESPONDENT)
        time.sleep(3)
        self.world.cables["eth0"].unplug()
        wait_for(lambda: self.home_agent.binding()["care_of_address"] != before, "the binding to move", 20)
        time.sleep(4)
        alive = transfer.alive
        octets, gap = transfer.stop()
        up, down = flow.stop()
        self.story.figures["handover_gap_seconds"] = gap
        return alive and octets > 0 and gap < 10, (
            f"TCP stood still for {gap * 1000:.0f} ms, {octets / 1e6:.1f} MB arrived; UDP at 10 ms spacing: gap up "
            f"{up.gap() * 1000:.0f} ms ({up.lost} lost), down {down.gap() * 1000:.0f} ms ({down.lost} lost)")

    def plug(self):
        before = self.home_agent.binding()["care_of_address"]
        flow = Flow(self.world.host, HOST, self.world.cn, CORRESPONDENT)
        time.sleep(1)
        start = time.monotonic()
        self.world.cables["eth0"].plug()
        wait_for(lambda: self.home_agent.binding()["care_of_address"] != before, "the binding to move back", 60)
        took = time.monotonic() - start
        time.sleep(2)
        up, down = flow.stop()
        held = self.home_agent.binding()["care_of_address"].startswith("2001:db8:a1:") and up.lost + down.lost == 0
        return held, (
            f"used {took:.1f} s after it was plugged; lost up {up.lost} of {up.sent}, down {down.lost} of {down.sent}, "
            f"gap up {up.gap() * 1000:.0f} ms, down {down.gap() * 1000:.0f} ms")

    def uplink_address(self, interface):
        return next((row["care_of_address"] for row in self.board.ask("uplinks") if row["interface"] == interface), None)

    def shown(self):
        registration = next(row for row in self.board.ask("registrations") if row["state"] == "registered")
        uplinks = {row["interface"]: row["state"] for row in self.board.ask("uplinks")}
        table = self.board.command("shisactl status; shisactl registrations; shisactl uplinks")
        print("\n" + "\n".join("       | " + line for line in table.strip().splitlines()) + "\n")
        held = registration["state"] == "registered" and registration["uplink"] == "eth0" and {"eth0", "eth1"} <= set(uplinks)
        return held, f"registered over {registration['uplink']}, uplinks {uplinks}"


def registered_after(board):
    """Seconds from the start of the board's kernel to its first registration, by the stamps of its own events.

    The stamps are of the monotonic clock, which begins with the kernel.
    """
    times = [event["time"] for event in board.ask("events")
             if event["event"] in ("registered", "registration_completed", "registration_accepted")]
    if not times:
        raise RuntimeError("no event of a completed registration on the board")
    return min(times)
