"""Runs the pipeline's roles and their peers in Python as processes, and reads what they used."""

import contextlib
import csv
import json
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

import psycopg

TICK = os.sysconf("SC_CLK_TCK")


def processor_seconds(folder):
    """User and system time of a process or thread."""
    with open(f"{folder}/stat", encoding="utf-8") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def memory(process):
    """The most that a process ever held, in MB."""
    with open(f"/proc/{process}/status", encoding="utf-8") as file:
        return int(re.search(r"VmHWM:\s+(\d+)", file.read())[1]) / 1024


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(condition, what, seconds=120):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise SystemExit(f"pipeline: {what} did not come within {seconds} s")
        time.sleep(0.2)


def kind(precision):
    """Which file: one for all that is not quantized."""
    return "int8" if precision == "int8" else "f32"


class Machine:
    """What is on the machine beside the roles."""

    def __init__(self, options):
        self.options = options

    def keep_servers_on(self, cores):
        """Moves Kafka and PostgreSQL, and what PostgreSQL starts from now on."""
        for process in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError):
                with open(f"/proc/{process}/cmdline", "rb") as file:
                    command = file.read()
                ours = self.options.work.encode() in command or command.startswith(b"postgres: ")
                if not ours or b"pipeline.py" in command:
                    continue
                for thread in os.listdir(f"/proc/{process}/task"):
                    os.sched_setaffinity(int(thread), cores)

    @contextlib.contextmanager
    def busy(self):
        loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(os.cpu_count())]
        try:
            yield
        finally:
            for loop in loops:
                loop.kill()
                loop.wait()


class Pipeline:
    """iotpipe's roles around one model."""

    runs = 0

    def __init__(self, options, size, precision, model_core=None, others=None):
        self.options, self.precision = options, precision
        self.model_core, self.others = model_core, others
        self.weights = f"{options.work}/{size}-{kind(precision)}.safetensors"

    def command(self, core, *arguments):
        pinned = [] if core is None else ["taskset", "-c", str(core)]
        return [*pinned, self.options.iotpipe, *map(str, arguments)]

    def model(self):
        return "--weights", self.weights, "--precision", self.precision, "--batch", self.options.batch

    def model_alone(self, *more):
        """Images/s without Kafka."""
        seconds = max(2, self.options.seconds / 3)
        command = self.command(self.model_core, "infer", "--benchmark", "--json", "--benchmark-time", f"{seconds:.0f}s",
                               *self.model(), *more)
        answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        return json.loads(answer.stdout)["imagesPerSecond"]

    def run(self, rate, count, *infer_options):
        """Sends so many images at that rate; returns images/s, latencies in ms, CPU in ms an image, memory in MB."""
        Pipeline.runs += 1
        name = f"bench{os.getpid()}-{Pipeline.runs}"
        shared = ["-b", self.options.broker, "--images-topic", f"{name}.images", "--inferences-topic",
                  f"{name}.results", "--dead-letters-topic", f"{name}.dead", "--log-level", "error"]
        latencies = f"{self.options.work}/{name}.csv"
        with contextlib.ExitStack() as stack:
            started = {}
            for role, core, more in (("infer", self.model_core, (*self.model(), *infer_options)),
                                     ("persist", self.others, ("--database", "postgresql:///"))):
                port = free_port()
                process = subprocess.Popen(self.command(core, role, *shared, *more, "--group", f"{name}-{role}",
                                                        "--http", f"127.0.0.1:{port}"))
                stack.callback(self.stop, process, role)
                started[role] = process.pid
                wait_for(lambda port=port: self.is_ready(port), f"{role}'s readiness")
            # One image first: its results show what starting costs, and that everything is under way.
            start = self.send(shared, latencies, 1, rate)
            wait_for(lambda: self.stored(name) == (1, 1), "the first image's rows in PostgreSQL")
            before = {role: self.used(process) for role, process in started.items()}
            usage = self.send(shared, latencies, count, rate)
            wait_for(lambda: self.stored(name) == (count + 1, count + 1), f"{count} rows of each kind in PostgreSQL")
            after = {role: self.used(process) for role, process in started.items()}
            held = {f"{role}_memory": memory(process) for role, process in started.items()}
        milliseconds = lambda role, part: (after[role][part] - before[role][part]) / count * 1000
        return {**self.read(latencies, count), **held, "infer": milliseconds("infer", 0),
                "outside": milliseconds("infer", 1), "persist": milliseconds("persist", 0),
                "produce": (usage.ru_utime + usage.ru_stime - start.ru_utime - start.ru_stime) / count * 1000,
                "produce_memory": usage.ru_maxrss / 1024}

    def send(self, shared, latencies, count, rate):
        """Has produce send images and wait for their results; returns what it used."""
        with contextlib.suppress(FileNotFoundError):
            os.remove(latencies)
        sender = subprocess.Popen(
            self.command(self.others, "produce", *shared, "--dataset", self.options.dataset, "--count", count,
                         "--rate", f"{rate:.3f}/s", "--latencies", latencies, "--result-timeout", "10m",
                         "--max-in-flight", count + 1), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(sender.pid, 0)
        sender.returncode = os.waitstatus_to_exitcode(status)
        if sender.returncode != 0:
            raise SystemExit(f"pipeline: produce ended with {sender.returncode}")
        return usage

    @staticmethod
    def used(process):
        """Processor seconds of a process, and of those of its threads that do not run the model."""
        total = outside = processor_seconds(f"/proc/{process}")
        for thread in os.listdir(f"/proc/{process}/task"):
            folder = f"/proc/{process}/task/{thread}"
            with open(f"{folder}/comm", encoding="utf-8") as file:
                if file.read().startswith("model-"):
                    outside -= processor_seconds(folder)
        return total, outside

    @staticmethod
    def is_ready(port):
        with contextlib.suppress(OSError):
            return urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5).status == 200
        return False

    @staticmethod
    def stop(process, role):
        process.send_signal(signal.SIGTERM)
        if process.wait(60) != 0:
            raise SystemExit(f"pipeline: {role} ended with {process.returncode}")

    @staticmethod
    def stored(name):
        with psycopg.connect("") as connection:
            return connection.execute(
                "SELECT (SELECT count(*) FROM images WHERE kafka_topic = %s),"
                "(SELECT count(*) FROM inferences WHERE kafka_topic = %s)", (f"{name}.images", f"{name}.results")
            ).fetchone()

    @staticmethod
    def read(latencies, count):
        with open(latencies, newline="", encoding="utf-8") as file:
            rows = [row for row in csv.DictReader(file) if row["outcome"] == "ok"]
        if len(rows) != count:
            raise SystemExit(f"pipeline: {len(rows)} of {count} images have a result")
        ends = [int(row["planned_ns"]) + int(row["result_ns"]) for row in rows]
        took = max(ends) - min(int(row["planned_ns"]) for row in rows)
        values = sorted(int(row["result_ns"]) / 1e6 for row in rows)
        at = lambda share: values[min(count - 1, int(share * count))]
        model = statistics.median((int(row["inferred_ns"]) - int(row["decoded_ns"])) / 1e6 for row in rows)
        return {"rate": count / took * 1e9, "p50": at(0.5), "p90": at(0.9), "p95": at(0.95), "model": model}


class Python:
    """A peer: the same job in Python; it starts its own roles and says what they used."""

    def __init__(self, options, program, size, precision):
        self.options = options
        self.command = [sys.executable, "-B", f"{options.baseline}/{program}", "all", "--bootstrap", options.broker,
                        "--database", "postgresql:///", "--dataset", options.dataset, "--threads", str(os.cpu_count())]
        if program == "tuned.py":
            self.command += ["--onnx", f"{options.work}/{size}-{kind(precision)}.onnx", "--size", str(size), "--batch",
                             str(options.batch)]
        else:
            self.command += ["--weights", f"{options.work}/{size}-f32.safetensors", "--port", str(free_port())]

    def run(self, rate, count):
        with tempfile.TemporaryFile() as errors:
            answer = subprocess.run([*self.command, "--rate", f"{rate:.3f}", "--count", str(count)], text=True,
                                    stdout=subprocess.PIPE, stderr=errors)
            errors.seek(0)
            if answer.returncode != 0 or f"images={count}/{count}" not in answer.stdout:
                raise SystemExit(f"pipeline: a peer failed: {answer.stdout[-500:]} {errors.read()[-500:]}")
        numbers = {key: float(value) for key, value in re.findall(r"(images/s|p\d+)=([\d.]+)", answer.stdout)}
        used = {key: float(value) for key, value in re.findall(r"CPU (\w+)[^:]*: ([\d.]+)", answer.stdout)}
        result = {"rate": numbers["images/s"], "p50": numbers["p50"], "p90": numbers["p90"], "p95": numbers["p95"],
                  "infer": used["infer"] + used.get("api", 0), "persist": used["update"]}
        if "api" in used:
            result["outside"] = used["infer"]
        return result
