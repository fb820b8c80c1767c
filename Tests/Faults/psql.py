"""Questions to the database, by psql."""

import subprocess


class Psql:
    """Runs statements by psql, past the proxy."""

    def __init__(self, connection: str) -> None:
        self._connection = connection

    def rows(self, statement: str) -> list[list[str]]:
        """The rows of the answer."""
        result = self._run(statement)
        if result.returncode != 0:
            raise RuntimeError(f"psql: {result.stderr.strip()}")
        return [line.split("\t") for line in result.stdout.splitlines()]

    def number(self, statement: str) -> int:
        """The one number of the answer."""
        return int(self.rows(statement)[0][0])

    def rows_or_nothing(self, statement: str) -> list[list[str]]:
        """The same; nothing while the database or the table is away."""
        result = self._run(statement)
        return [line.split("\t") for line in result.stdout.splitlines()] if result.returncode == 0 else []

    def _run(self, statement: str) -> subprocess.CompletedProcess[str]:
        arguments = ["psql", "-X", "-A", "-t", "-q", "-F", "\t", "-c", statement, self._connection]
        return subprocess.run(arguments, capture_output=True, text=True, check=False)
