"""Figures that need the emulated board."""

import re

from world.board import Board, make_board_world
from world.demo import BOOT_PATIENCE, registered_after
from world.node import wait_for
from world.world import CORRESPONDENT


class _Boot:
    """The board, booted and registered."""

    def __enter__(self):
        self.world, home_agent, key = make_board_world(
            "build/world-logs/bench-board", ".build/release/shisa", ".build/release/linkrelay")
        self.board = Board(self.world, key)
        try:
            wait_for(home_agent.binding, "a binding at the home agent", BOOT_PATIENCE, 0.2)
            self.board.open_shell()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.board.close()
        self.world.close()


def boot_to_registration(runs=3):
    samples = []
    for _ in range(runs):
        with _Boot() as boot:
            samples.append(wait_for(lambda: registered_after(boot.board), "the event of the registration", 30, 0.5))
    return samples, []


def board_pss():
    with _Boot() as boot:
        wait_for(lambda: boot.world.host.ping(CORRESPONDENT), "the correspondent", 20)
        boot.world.host.ping(CORRESPONDENT, count=20)
        parts, total = [], 0
        for name in ("nemonetd", "babymdd", "mrd"):
            said = boot.board.command(f"grep ^Pss: /proc/$(pidof {name})/smaps_rollup")
            kibibytes = int(re.search(r"Pss:\s+(\d+) kB", said).group(1))
            parts.append(f"{name} {kibibytes} KiB")
            total += kibibytes
        return [total * 1024 / 1e6], [", ".join(parts)]
