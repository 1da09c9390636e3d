"""python3 -m world COMMAND: the world, from the command line. The Makefile calls it.

    run [--demo auto]     the emulated board in its world, on this terminal
    shell NODE            a shell on a machine of the running world
    unplug|plug UPLINK    pulls or puts back a cable of the running world
    pytest …              pytest with everything it starts inside a room of its own
"""

import os
import sys

from . import isolation

RECORD = os.path.abspath("build/world.pid")


def main():
    command, arguments = (sys.argv[1] if len(sys.argv) > 1 else "help"), sys.argv[2:]
    if command == "pytest":
        isolation.enter()
        import pytest

        sys.exit(pytest.main(arguments))
    elif command == "shell" and len(arguments) == 1:
        isolation.join(RECORD, ["ip", "netns", "exec", arguments[0], os.environ.get("SHELL", "/bin/bash")])
    else:
        print(__doc__, file=sys.stderr)
        sys.exit(0 if command == "help" else 64)


if __name__ == "__main__":
    main()
