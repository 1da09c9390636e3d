"""What the tests of the board share: the image, the board in its world, and stories that are told to the end."""

import os
import pathlib
import subprocess

import pytest

from world import isolation, unsteady
from world.board import Board, make_board_world

TOP = pathlib.Path(__file__).resolve().parents[2]
IMAGE = TOP / "build/images/shisa-qemu-virt.img"


@pytest.fixture
def image():
    """The path of the emulated board's image; without one the test is skipped, or fails where there should be one."""
    reason = os.environ.get("SHISA_IMAGE_UNAVAILABLE")
    if reason:
        pytest.skip(reason)
    assert IMAGE.exists(), "make image BOARD=qemu-virt made no image"
    return IMAGE


@pytest.fixture
def make_board(image, request):
    """Switches a board on, with the options of `Board`, in a world with its home agent. `prepare` is called with the world
    before that."""
    made = []
    # Who runs a board of this directory meanwhile has the same medium.
    record = isolation.hold(str(TOP / "build/world.pid"))

    def make(prepare=lambda world: None, **options):
        world, home_agent, key = make_board_world(
            os.path.join("build/world-logs", unsteady.name_of_run(request.node)), ".build/debug/shisa", ".build/debug/linkrelay")
        made.append(world)
        prepare(world)
        board = Board(world, key, **options)
        made.append(board)
        board.home_agent = home_agent
        return board

    yield make
    for one in reversed(made):
        one.close()
    os.close(record)


@pytest.fixture
def tell(image):
    """Has `python3 -m world NAME` tell a story, which must hold."""
    def run(name, timeout):
        environment = {key: value for key, value in os.environ.items() if key != "SHISA_WORLD_INSIDE"}
        # The python3 of the machine, not that of the tests: the world needs nothing else.
        environment["PYTHONPATH"] = str(TOP / "Tests/World")
        story = subprocess.run(
            ["/usr/bin/env", "python3", "-m", "world", name], cwd=TOP, env=environment, text=True, capture_output=True,
            timeout=timeout)
        print(story.stdout)
        assert story.returncode == 0, story.stdout + story.stderr
        assert not [line for line in story.stdout.splitlines() if line.split()[:1] == ["FAIL"]]
        assert story.stdout.rstrip().endswith("All held.")

    return run
