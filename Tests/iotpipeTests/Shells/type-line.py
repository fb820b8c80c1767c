#!/usr/bin/env python3
"""Types into a shell at a terminal, as a user does, and prints the command lines that come of it.

    type-line.py SHELL SCRIPT FOLDER LINE...

SHELL is bash, zsh or fish; SCRIPT its completion script, FOLDER where it starts. In each LINE a tab is the Tab key. The
line is not run: behind it the shell is told to print it. One line of output each, or an error after 60 seconds.
"""
import os
import pty
import re
import select
import shlex
import sys
import time

START = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], ["source {}"]),
    "zsh": (["zsh", "-f", "-i"], ["bindkey -e", "autoload -Uz compinit", "compinit -u -D", "source {}"]),
    "fish": (["fish", "--no-config", "-i"], ["source {}"]),
}
PATIENCE = 60


class Shell:
    def __init__(self, name, folder):
        self.output = ""
        pid, self.terminal = pty.fork()
        if pid == 0:
            os.chdir(folder)
            os.environ.update(TERM="dumb", HOME=folder, LC_ALL="C.UTF-8", PS1="$ ")
            os.execvp(START[name][0][0], START[name][0])

    def type(self, text):
        os.write(self.terminal, text.encode())

    def read_until(self, pattern):
        """Reads until the pattern is there, and takes everything up to its end."""
        deadline = time.monotonic() + PATIENCE
        while not (found := re.search(pattern, self.output)):
            if time.monotonic() > deadline:
                sys.exit(f"not within {PATIENCE} s: {pattern}; there was {self.output!r}")
            if select.select([self.terminal], [], [], 0.1)[0]:
                self.output += os.read(self.terminal, 65536).decode(errors="replace")
        self.output = self.output[found.end():]
        return found.group(1)


def main():
    name, script, folder, *lines = sys.argv[1:]
    shell = Shell(name, folder)
    for command in START[name][1]:
        shell.type(command.format(shlex.quote(script)) + "\r")
    # What is printed differs from what is typed, so that the terminal's echo is not taken for it.
    shell.type("printf '%s-%s\\n' all set\r")
    shell.read_until(r"(all-set)\r")
    for number, line in enumerate(lines):
        # Ctrl-A and Ctrl-E go to the ends of the line.
        shell.type(f"{line}\x01printf '%s{number}:%s|\\n' line '\x05'\r")
        print(shell.read_until(rf"line{number}:([^|]*)\|\r"))


if __name__ == "__main__":
    main()
