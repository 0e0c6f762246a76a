"""Rows a second of the whole job (the simulator in a process of its own), next to two limits of the same run: a bare C++ program that does the
same job (bare_job.cpp), and raw SQLite inserts of the same rows (raw_inserts.c).

Usage: whole_job.py FLOWRUN RAW_INSERTS BARE_JOB [full|quick]. Read the ratios: all sides run on the same machine within seconds.
"""
import glob
import json
import os
import sqlite3
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


def forget_access_tokens(folder):
    """Every run of either program renews each participant's token."""
    for path in glob.glob(os.path.join(folder, "participants", "*.json")):
        with open(path) as file:
            participant = json.load(file)
        for member in ("access_token", "access_token_expires"):
            participant.pop(member, None)
        with open(path, "w") as file:
            json.dump(participant, file)


def bare(bare_job, folder, url, parameters):
    """The same day by the C++ program, into empty tables as flowrun made them; its wall seconds."""
    for suffix in ("", "-wal", "-shm"):
        path = os.path.join(folder, "bare.sqlite" + suffix)
        if os.path.exists(path):
            os.remove(path)
    source = sqlite3.connect(os.path.join(folder, "bench.sqlite"))
    target = sqlite3.connect(os.path.join(folder, "bare.sqlite"))
    # Only the tables: indexes and triggers serve flowrun's own look at the ledger.
    for (sql,) in source.execute("SELECT sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"):
        target.execute(sql)
    (date,) = source.execute("SELECT date(min(instant), 'unixepoch') FROM fitbit_intraday_steps").fetchone()
    target.close()
    source.close()
    forget_access_tokens(folder)
    detail = parameters[-1].removeprefix("detail=")
    output = subprocess.run(
        [bare_job, url, "participants", "bare.sqlite", date, detail], cwd=folder, check=True, capture_output=True, text=True).stdout
    return float(output.split()[0])


def measure(flowrun, raw_inserts, bare_job, name, participants, days, options, parameters):
    with tempfile.TemporaryDirectory() as folder:
        simulator = subprocess.Popen(
            [flowrun, "simulate", "--participants", str(participants), "--days", str(days), "--rate-limit", "1000000",
             "--write-participants", "participants", *options],
            cwd=folder, stdout=subprocess.PIPE, text=True)
        try:
            url = simulator.stdout.readline().strip()
            ratios, bare_ratios, rates, peaks, cpus = [], [], [], [], []
            for round_number in range(ROUNDS + 1):
                forget_access_tokens(folder)
                seconds, cpu, peak, _ = collect(flowrun, folder, url, parameters)
                raw_seconds, rows = insert(raw_inserts, folder)
                bare_seconds = bare(bare_job, folder, url, parameters)
                if round_number == 0:
                    continue
                ratios.append(raw_seconds / seconds)
                bare_ratios.append(bare_seconds / seconds)
                rates.append(rows / seconds)
                peaks.append(peak)
                cpus.append(cpu)
            print(
                f"{name}: {participants} participants x {days} day, {rows:,} rows: {statistics.median(rates):,.0f} rows/s, "
                f"{statistics.median(bare_ratios):.2f} of the bare job's speed, {statistics.median(ratios):.2f} of raw one-row inserts, {statistics.median(cpus):.2f} s CPU, peak {max(peaks):.0f} MiB")
        finally:
            simulator.terminate()
            simulator.wait()


if __name__ == "__main__":
    sys.argv[1:4] = [os.path.abspath(path) for path in sys.argv[1:4]]
    for shape in shapes(sys.argv[4] if len(sys.argv) > 4 else "full"):
        measure(sys.argv[1], sys.argv[2], sys.argv[3], *shape)
