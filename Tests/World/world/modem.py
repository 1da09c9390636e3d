"""A modem that is none: it speaks AT on a pseudo terminal."""

import os
import pty
import select
import threading
import tty

OK = "\r\nOK\r\n"


class SerialModem:
    """Answers AT commands on a pseudo terminal as `answers` says, by the whole command; OK where it says nothing."""

    def __init__(self, pin=None):
        self.master, self.slave = pty.openpty()
        tty.setraw(self.slave)
        self.device = os.ttyname(self.slave)
        self.pin = pin
        self.commands = []
        self.answers = {
            "AT+CGATT?": "\r\n+CGATT: 1\r\n" + OK,
            "AT+CSQ": "\r\n+CSQ: 20,99\r\n" + OK,
            "ATD*99#": "\r\nCONNECT 150000000\r\n",
        }
        self.locked = pin is not None
        self.ended = False
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _answer(self, command):
        if command == "AT+CPIN?":
            return f"\r\n+CPIN: {'SIM PIN' if self.locked else 'READY'}\r\n" + OK
        if command.startswith("AT+CPIN="):
            self.locked = command != f'AT+CPIN="{self.pin}"'
            return "\r\n+CME ERROR: 16\r\n" if self.locked else OK
        return self.answers.get(command, OK)

    def _serve(self):
        pending = b""
        while not self.ended:
            if not select.select([self.master], [], [], 0.1)[0]:
                continue
            pending += os.read(self.master, 4096)
            while b"\r" in pending:
                line, pending = pending.split(b"\r", 1)
                command = line.strip(b"\n").decode("ascii", "replace")
                if command.startswith("AT"):
                    self.commands.append(command)
                    os.write(self.master, self._answer(command).encode())

    def count(self, command):
        return self.commands.count(command)

    def close(self):
        # A read of a number that has become another file's would eat what is that one's.
        self.ended = True
        self.thread.join()
        os.close(self.slave)
        os.close(self.master)
