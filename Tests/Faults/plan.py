"""The faults of a campaign, in order."""

import random

from fault import Fault
from options import Options

# Instances of infer and of persist.
INSTANCES = 2


def make_plan(options: Options, seed: int) -> list[Fault]:
    """Draws the faults: the same for the same options and seed."""
    draw = random.Random(seed)
    faults: list[Fault] = []
    for index in range(options.kills):
        role = options.victims[index % len(options.victims)]
        instances = options.producers if role == "produce" else INSTANCES
        faults.append(Fault(f"kill {role}", instance=draw.randrange(instances), away=draw.uniform(0.1, 1.0)))
    first = draw.randrange(2)
    for index in range(options.broker_restarts):
        kind = "broker SIGKILL" if (index + first) % 2 == 0 else "broker SIGTERM"
        faults.append(Fault(kind, away=draw.uniform(0.0, 2.0)))
    for index in range(options.database_restarts):
        kind = "database SIGKILL" if index % 4 == 3 else "database immediate"
        faults.append(Fault(kind, away=draw.uniform(0.0, 3.0)))
    first = draw.randrange(4)
    for index in range(options.cuts):
        swallows = (index + first) // 2 % 2 == 1
        kind = f"{'vanish' if swallows else 'reset'} {'broker' if (index + first) % 2 == 0 else 'database'}"
        faults.append(
            Fault(kind, away=draw.uniform(2.0, 7.0), swallows=swallows, resets=not swallows or draw.random() < 0.5)
        )
    draw.shuffle(faults)
    early = set(draw.sample(range(1, len(faults)), len(faults) // 8)) if faults else set()
    for index, fault in enumerate(faults):
        fault.is_early = index in early
        fault.pause = options.pace * (draw.uniform(0.2, 2.5) if fault.is_early else draw.uniform(0.2, 3.0))
    return faults
