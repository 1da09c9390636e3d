"""python3 -m world COMMAND: the world, from the command line. The Makefile calls it.

    run                   the emulated board in its world, on this terminal
    demo                  the same without a person: the story, step by step, judged
    wlan                  the same of the board's radios: networks that it joins, and its own
    host                  a mobile host, its home agent and a correspondent, and a shell on the host
    shell NODE            a shell on a machine of the running world
    unplug|plug UPLINK    pulls or puts back a cable of the running world
    pytest …              pytest with everything it starts inside a room of its own
    machine KERNEL …      the same in a virtual machine with Debian's kernel of bookworm or trixie
"""

import os
import sys

from . import isolation, machine

RECORD = os.path.abspath("build/world.pid")


def main():
    command, arguments = (sys.argv[1] if len(sys.argv) > 1 else "help"), sys.argv[2:]
    if command == "pytest":
        isolation.enter()
        import pytest

        sys.exit(pytest.main(arguments))
    elif command == "machine" and arguments and arguments[0] in machine.KERNELS:
        try:
            limit = int(os.environ.get("MACHINE_LIMIT", "7200"))
            sys.exit(machine.run_tests(arguments[0], arguments[1:], limit))
        except machine.Unavailable as reason:
            print(reason, file=sys.stderr)
            sys.exit(machine.EX_UNAVAILABLE)
    elif command == "run":
        isolation.enter(RECORD)
        from . import terminal

        sys.exit(terminal.run())
    elif command == "host":
        isolation.enter(RECORD)
        from . import terminal

        sys.exit(terminal.host())
    elif command == "demo":
        isolation.enter(RECORD)
        from . import demo

        print("The story of a board that moves, in a world of network namespaces:", flush=True)
        held = demo.Demo().play()
        print("All held." if held else "Not all held; the logs are in build/world-logs/demo.")
        sys.exit(0 if held else 1)
    elif command == "wlan":
        isolation.enter(RECORD)
        from . import radio

        print("The story of a board with radios:", flush=True)
        held = radio.WLANStory().play()
        print("All held." if held else "Not all held; the logs are in build/world-logs/wlan.")
        sys.exit(0 if held else 1)
    elif command == "shell" and len(arguments) == 1:
        isolation.join(RECORD, [sys.executable, "-m", "world", "enter", arguments[0]])
    elif command == "enter" and len(arguments) == 1:
        from . import terminal

        terminal.enter(arguments[0])
    elif command in ("unplug", "plug"):
        if len(arguments) != 1:
            sys.exit(f"Which cable? make {command} UPLINK=eth0, or eth1")
        isolation.join(RECORD, [sys.executable, "-m", "world", "tell", command, arguments[0]])
    elif command == "tell" and len(arguments) == 2:
        from . import terminal

        terminal.tell(*arguments)
    else:
        print(__doc__, file=sys.stderr)
        sys.exit(0 if command == "help" else 64)


if __name__ == "__main__":
    main()
