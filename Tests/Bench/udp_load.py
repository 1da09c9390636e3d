#!/usr/bin/env python3
"""UDP for measuring what lies between: sends at a rate and counts what arrives, with as little work as can be at both ends.

    udp_load.py send ADDRESS PORT OCTETS RATE SECONDS   prints how many were sent; RATE 0: as many as can be
    udp_load.py receive PORT                            prints "ready"; when its input ends, how many came
"""

import ctypes
import errno
import json
import os
import select
import socket
import sys
import time

#: Messages in one system call at most.
BATCH = 64
#: So often in a second a sender that has a rate looks at the clock.
TURNS = 4000
#: Octets: the receiver may be kept waiting for the processor for some time without a loss.
BUFFER = 32 << 20
#: Seconds after the sender is done in which what is under way may still come. What a way has put in store for longer it has
#: not carried.
GRACE = 0.1
MSG_DONTWAIT, SO_RCVBUFFORCE = 0x40, 33


class _Vector(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


class _Header(ctypes.Structure):
    """struct msghdr"""
    _fields_ = [("name", ctypes.c_void_p), ("name_length", ctypes.c_uint32), ("vectors", ctypes.POINTER(_Vector)),
                ("vector_count", ctypes.c_size_t), ("control", ctypes.c_void_p), ("control_length", ctypes.c_size_t),
                ("flags", ctypes.c_int)]


class _Message(ctypes.Structure):
    """struct mmsghdr"""
    _fields_ = [("header", _Header), ("length", ctypes.c_uint)]


_libc = ctypes.CDLL(None, use_errno=True)


class Messages:
    """`BATCH` messages for one system call, each with the octets of one of `buffers`, which may be one and the same."""

    def __init__(self, buffers):
        self.memory = [(ctypes.c_char * len(buffer)).from_buffer(buffer) for buffer in buffers]
        self.vectors = [_Vector(ctypes.addressof(memory), len(memory)) for memory in self.memory]
        self.messages = (_Message * BATCH)()
        for message, vector in zip(self.messages, self.vectors, strict=True):
            message.header.vectors = ctypes.pointer(vector)
            message.header.vector_count = 1

    def send(self, connection, count):
        done = _libc.sendmmsg(connection.fileno(), self.messages, count, 0)
        if done < 0 and ctypes.get_errno() not in (errno.ENOBUFS, errno.EAGAIN, errno.ECONNREFUSED):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        return max(done, 0)

    def receive(self, connection):
        return max(_libc.recvmmsg(connection.fileno(), self.messages, BATCH, MSG_DONTWAIT, None), 0)


def send(address, port, octets, rate, seconds):
    messages = Messages([bytearray(octets)] * BATCH)
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as connection:
        connection.connect((address, port))
        sent, begun = 0, time.monotonic()
        elapsed = 0.0
        while elapsed < seconds:
            due = BATCH if rate == 0 else int(elapsed * rate) + 1 - sent
            if due > 0:
                sent += messages.send(connection, min(due, BATCH))
            elif rate:
                time.sleep(1 / TURNS)
            elapsed = time.monotonic() - begun
    print(json.dumps({"sent": sent, "seconds": elapsed}))


def receive(port):
    messages = Messages([bytearray(2048)] * BATCH)
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as connection:
        try:
            connection.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER)
        except PermissionError:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
        connection.bind(("::", port))
        print("ready", flush=True)
        received, end = 0, None
        while True:
            count = messages.receive(connection)
            received += count
            if count == BATCH:
                continue
            if end is None and select.select([sys.stdin], [], [], 0)[0]:
                end = time.monotonic() + GRACE
            if end is not None and time.monotonic() > end:
                break
            # What comes meanwhile costs one look together.
            time.sleep(0.001)
    print(json.dumps({"received": received}))


if __name__ == "__main__":
    if sys.argv[1] == "send":
        send(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5]), float(sys.argv[6]))
    else:
        receive(int(sys.argv[2]))
