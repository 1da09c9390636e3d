"""A plugin of pytest's by which two runs share the tests of one tree, each in a room of its own: `-p world.sharing`.

Whoever comes to a file of tests first has it. One run goes through the files from the first to the last and the other from
the last to the first (SHISA_SHARE=backwards), until they meet. What each has is in the folder SHISA_CLAIMS.
"""

import os

import pytest

FOLDER = os.environ["SHISA_CLAIMS"]
MINE, OTHERS = set(), set()


def is_mine(path):
    """Whether this run has the file, or takes it now."""
    if path not in MINE | OTHERS:
        try:
            os.close(os.open(os.path.join(FOLDER, path.replace("/", "_")), os.O_CREAT | os.O_EXCL | os.O_WRONLY))
            MINE.add(path)
        except FileExistsError:
            OTHERS.add(path)
    return path in MINE


def pytest_collection_modifyitems(items):
    if os.environ.get("SHISA_SHARE") == "backwards":
        files = list(dict.fromkeys(item.location[0] for item in items))
        items.sort(key=lambda item: -files.index(item.location[0]))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item):
    # It is dealt with: the other run does it, and reports it.
    return None if is_mine(item.location[0]) else True
