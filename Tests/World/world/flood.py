"""Packets on a link as fast as it takes them, the same again and again.

As a program, what sends them: python3 flood.py INTERFACE LINK-LAYER-DESTINATION FILE MEGABITS, with a packet in hexadecimal
digits a line. It ends when its standard input closes, and then says how many it sent.
"""

import ctypes
import os
import select
import socket
import subprocess
import sys
import time

from_file = os.path.abspath(__file__)
# Packets of one system call.
BATCH = 64
# What each packet takes of an Ethernet besides its octets: header, check sequence, preamble and gap.
FRAMING = 14 + 4 + 20
_SOL_PACKET, _PACKET_QDISC_BYPASS = 263, 20


class Flood:
    """Runs from its making until `stop`: `packets`, whole or not, on a link of a node, to a neighbour there."""

    def __init__(self, node, interface, neighbour, packets, megabits):
        path = os.path.join(node.directory, f"flood-{interface}.hex")
        with open(path, "w") as file:
            file.writelines(packet.hex() + "\n" for packet in packets)
        self.program = node.start(
            f"flood-{interface}", "python3", from_file, interface, neighbour, path, megabits, stdin=subprocess.PIPE)

    def stop(self):
        """Ends it; gives how many packets were sent."""
        assert self.program.alive, self.program.log()
        self.program.process.stdin.close()
        assert self.program.process.wait(60) == 0, self.program.log()
        return int(self.program.log().split()[-1])


class _Piece(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


class _Header(ctypes.Structure):
    """`struct msghdr`."""

    _fields_ = [
        ("name", ctypes.c_void_p), ("name_length", ctypes.c_uint), ("pieces", ctypes.POINTER(_Piece)),
        ("piece_count", ctypes.c_size_t), ("control", ctypes.c_void_p), ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    ]


class _Message(ctypes.Structure):
    """`struct mmsghdr`."""

    _fields_ = [("header", _Header), ("length", ctypes.c_uint)]


def _send(interface, neighbour, path, megabits):
    # What the processor cannot carry it is not to carry: other tests may run beside this one.
    os.nice(19)
    header = bytes.fromhex(neighbour.replace(":", "")) + bytes.fromhex("0200000000aa86dd")
    with open(path) as file:
        frames = [header + bytes.fromhex(line) for line in file]
    link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    link.bind((interface, 0))
    link.setsockopt(_SOL_PACKET, _PACKET_QDISC_BYPASS, 1)
    octets = [ctypes.create_string_buffer(frame, len(frame)) for frame in frames]
    pieces = [_Piece(ctypes.cast(buffer, ctypes.c_void_p), len(buffer)) for buffer in octets]
    messages = (_Message * len(frames))()
    for message, piece in zip(messages, pieces):
        message.header.pieces, message.header.piece_count = ctypes.pointer(piece), 1
    library = ctypes.CDLL(None, use_errno=True)
    seconds = [(len(frame) + FRAMING - len(header)) * 8 / (megabits * 1e6) for frame in frames]
    sent, place, due = 0, 0, time.monotonic()
    while not select.select([sys.stdin], [], [], max(0.0, due - time.monotonic()))[0]:
        count = min(BATCH, len(frames) - place)
        done = library.sendmmsg(link.fileno(), ctypes.byref(messages, place * ctypes.sizeof(_Message)), count, 0)
        # One that the link refuses, or for which there is no room, is passed over.
        sent += max(done, 0)
        done = max(done, 1)
        # What was late is not made up for.
        due = max(due, time.monotonic() - 0.01) + sum(seconds[place:place + done])
        place = (place + done) % len(frames)
    print(sent)


if __name__ == "__main__":
    _send(sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4]))
