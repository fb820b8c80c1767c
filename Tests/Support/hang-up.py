"""Takes a program's terminal away, as when a connection by ssh breaks, and prints how the program ended.

Usage: hang-up.py LOG (thread NAME | line TEXT) PROGRAM [ARGUMENT...]: the terminal goes once the program has a thread
of that name, or has written that text to LOG, or after two minutes, when the program is killed, too. Prints
"True STATUS" where it ended by itself, else "False SIGNAL".
"""

import glob
import os
import pty
import sys
import time

log, kind, awaited, *command = sys.argv[1:]
pid, terminal = pty.fork()
if pid == 0:
    for output in (1, 2):
        os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), output)
    os.execv(command[0], command)


def is_there():
    if kind == "thread":
        return any(open(name).read() == awaited + "\n" for name in glob.glob(f"/proc/{pid}/task/*/comm"))
    return os.path.exists(log) and awaited in open(log).read()


deadline = time.monotonic() + 120
while not is_there() and time.monotonic() < deadline:
    time.sleep(0.01)
os.close(terminal)
while not (ended := os.waitpid(pid, os.WNOHANG))[0]:
    if time.monotonic() > deadline:
        os.kill(pid, 9)
    time.sleep(0.01)
status = ended[1]
print(os.WIFEXITED(status), os.WEXITSTATUS(status) if os.WIFEXITED(status) else os.WTERMSIG(status))
