"""What the scenario tests share: a world of their own for each."""

import os

import pytest

if not os.environ.get("SHISA_WORLD_INSIDE"):
    pytest.exit("these tests need a room of their own: make test, or python3 -m world pytest …", returncode=64)

from world.world import World  # noqa: E402


@pytest.fixture
def make_world(request):
    """Makes worlds with the options given, and takes the last one down."""
    made = []

    def make(**options):
        world = World(logs=os.path.join("build/world-logs", request.node.name), **options)
        made.append(world)
        return world

    yield make
    for world in made:
        world.close()
