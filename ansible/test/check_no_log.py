"""Checks that tasks which name a secret (vault_…), or a template that does, have no_log.
Usage: check_no_log.py FILE..."""

import pathlib
import re
import sys


def tasks(text: str) -> list[str]:
    """The tasks of a file, as text: each begins at its `- name:`."""
    return re.split(r"(?m)^(?=\s*- name:)", text)


def names_secret(task: str, path: pathlib.Path) -> bool:
    """Whether a task, or the template that it fills in, names a secret."""
    if "vault_" in task:
        return True
    match = re.search(r"src: *(\S+\.j2)", task)
    if match is None:
        return False
    template = path.parent.parent / "templates" / match.group(1)
    return template.is_file() and "vault_" in template.read_text(encoding="utf-8")


faults = []
for name in sys.argv[1:]:
    file = pathlib.Path(name)
    for one in tasks(file.read_text(encoding="utf-8")):
        if names_secret(one, file) and "no_log: true" not in one:
            faults.append(f"{name}: {one.strip().splitlines()[0]}: names a secret and lacks no_log: true")
print("\n".join(faults), end="\n" if faults else "")
sys.exit(1 if faults else 0)
