"""Rows per second of a complete run (simulator in its own process), compared with raw SQLite inserts of the same rows.

Usage: whole_job.py FLOWRUN RAW_INSERTS [full|quick]. The meaningful figure is the ratio: both sides run on the same machine within seconds.
"""
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

ROUNDS = 3


def shapes(size):
    """Name, participants, days, simulator options, flow parameters."""
    dense, minute = (20, 200) if size == "full" else (4, 20)
    return [
        ("1-second heart rate", dense, 1, ["--dense"], ["-p", "detail=1sec"]),
        ("1-minute data", minute, 1, ["--dense"], ["-p", "detail=1min"]),
    ]


def collect(flowrun, folder, url, parameters):
    """One run of the flow on a fresh database; its wall seconds, CPU seconds and peak memory (MiB)."""
    for name in ("bench.sqlite", "bench.sqlite-wal", "bench.sqlite-shm"):
        path = os.path.join(folder, name)
        if os.path.exists(path):
            os.remove(path)
    flow = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Flows", "fitbit.yaml")
    begin = time.monotonic()
    process = subprocess.Popen(
        [flowrun, flow, "-p", f"api={url}", "-p", "client_id=bench", "-p", "participants=participants",
         "-p", "database=bench.sqlite", "-q", "--format", "json", *parameters],
        cwd=folder, stdout=subprocess.PIPE)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - begin
    report = json.loads(output)
    if report["exit"] != 0:
        raise SystemExit(f"the run ended with exit {report['exit']}: {report['participants']}")
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, report


def insert(raw_inserts, folder):
    """The same rows into a fresh database by the C program beside this file; seconds and rows."""
    target = os.path.join(folder, "raw.sqlite")
    for suffix in ("", "-wal", "-shm"):
        if os.path.exists(target + suffix):
            os.remove(target + suffix)
    output = subprocess.run([raw_inserts, os.path.join(folder, "bench.sqlite"), target], check=True, capture_output=True, text=True).stdout
    seconds, rows = output.split()
    return float(seconds), int(rows)


def measure(flowrun, raw_inserts, name, participants, days, options, parameters):
    with tempfile.TemporaryDirectory() as folder:
        simulator = subprocess.Popen(
            [flowrun, "simulate", "--participants", str(participants), "--days", str(days), "--rate-limit", "1000000",
             "--write-participants", "participants", *options],
            cwd=folder, stdout=subprocess.PIPE, text=True)
        try:
            url = simulator.stdout.readline().strip()
            ratios, rates, peaks, cpus = [], [], [], []
            for round_number in range(ROUNDS + 1):
                seconds, cpu, peak, _ = collect(flowrun, folder, url, parameters)
                raw_seconds, rows = insert(raw_inserts, folder)
                if round_number == 0:
                    continue
                ratios.append(raw_seconds / seconds)
                rates.append(rows / seconds)
                peaks.append(peak)
                cpus.append(cpu)
            print(
                f"{name}: {participants} participants x {days} day, {rows:,} rows: {statistics.median(rates):,.0f} rows/s, "
                f"{statistics.median(ratios):.2f} of raw one-row inserts, {statistics.median(cpus):.2f} s CPU, peak {max(peaks):.0f} MiB")
        finally:
            simulator.terminate()
            simulator.wait()


if __name__ == "__main__":
    sys.argv[1:3] = [os.path.abspath(path) for path in sys.argv[1:3]]
    for shape in shapes(sys.argv[3] if len(sys.argv) > 3 else "full"):
        measure(sys.argv[1], sys.argv[2], *shape)
