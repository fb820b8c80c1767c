"""Ports that nobody listens on."""

import random
import socket


def free_ports(count: int) -> list[int]:
    """That many ports of 127.0.0.1, free now. They lie below the range from which the kernel takes the ports of
    outgoing connections: none of those can take one while a server restarts."""
    held: list[socket.socket] = []
    try:
        while len(held) < count:
            candidate = socket.socket()
            try:
                candidate.bind(("127.0.0.1", random.SystemRandom().randrange(15_000, 32_000)))
                held.append(candidate)
            except OSError:
                candidate.close()
        return [each.getsockname()[1] for each in held]
    finally:
        for each in held:
            each.close()
