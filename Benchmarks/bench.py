"""Measures flowrun, each figure next to its limit in the same run, and writes Benchmarks/README.md.

Usage: bench.py FLOWRUN RAW_INSERTS BARE_JOB [full|quick] [MEASURE…]
The measures are the functions in MEASURES; without names, all of them. Only ratios are comparable between machines: all sides of one run on the
same machine within seconds, and each is the median of several rounds.
"""
import datetime
import glob
import json
import os
import platform
import shutil
import socket
import selectors
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
ROUNDS = 3

sys.path.insert(0, os.path.join(ROOT, "Scripts"))
from postgres_server import PostgresServer


class Bench:
    def __init__(self, flowrun, raw_inserts, bare_job, size):
        self.flowrun, self.raw_inserts, self.bare_job = (os.path.abspath(path) for path in (flowrun, raw_inserts, bare_job))
        self.binaries = os.path.dirname(self.raw_inserts)
        self.is_full = size == "full"
        self.lines = []

    def report(self, what, found, aim):
        """One row of the table; printed at once, because a full bench takes long."""
        self.lines.append((what, found, aim))
        print(f"{what}: {found} (aim {aim})", flush=True)

    def simulator(self, folder, participants, days=1, *options, api="fitbit"):
        process = subprocess.Popen(
            [self.flowrun, "simulate", "--api", api, "--participants", str(participants), "--days", str(days), "--rate-limit", "1000000",
             "--write-participants", "participants", *options],
            cwd=folder, stdout=subprocess.PIPE, text=True)
        return Simulator(process)

    def collect(self, folder, url, *parameters, flow="fitbit", database="bench.sqlite"):
        """One run of a flow on the database as it is."""
        begin = time.monotonic()
        process = subprocess.Popen(
            [self.flowrun, os.path.join(ROOT, "Flows", flow + ".yaml"), "-p", f"api={url}", "-p", "client_id=bench", "-p", "participants=participants",
             "-p", f"database={database}", "-q", "--format", "json", *(word for text in parameters for word in ("-p", text))],
            cwd=folder, stdout=subprocess.PIPE)
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        result = Result(time.monotonic() - begin, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, json.loads(output))
        if result.report["exit"] != 0:
            raise SystemExit(f"the run ended with exit {result.report['exit']}: {result.report['participants']}")
        return result

    def requests(self, folder):
        """Requests of the last run, by processor."""
        listed = subprocess.run([self.flowrun, "counters", "--format", "json"], cwd=folder, check=True, capture_output=True, text=True).stdout
        return {
            processor["name"]: processor["counters"]["requests"]
            for processor in json.loads(listed) if "requests" in processor["counters"]
        }

    def reference(self, command, folder, url, detail):
        """The same day by another program, into empty tables as flowrun made them; its wall seconds."""
        remove_database(folder, "other.sqlite")
        source = sqlite3.connect(os.path.join(folder, "bench.sqlite"))
        target = sqlite3.connect(os.path.join(folder, "other.sqlite"))
        # Only the tables: indexes and triggers serve flowrun's own look at the ledger.
        for (sql,) in source.execute("SELECT sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"):
            target.execute(sql)
        (date,) = source.execute("SELECT date(min(instant), 'unixepoch') FROM fitbit_intraday_steps").fetchone()
        target.close()
        source.close()
        forget_access_tokens(folder)
        output = subprocess.run(
            [*command, url, "participants", "other.sqlite", date, detail], cwd=folder, check=True, capture_output=True, text=True).stdout
        return float(output.split()[0])

    def raw(self, folder):
        """The same rows, one a statement, by raw_inserts.c; its wall seconds."""
        remove_database(folder, "other.sqlite")
        output = subprocess.run(
            [self.raw_inserts, os.path.join(folder, "bench.sqlite"), os.path.join(folder, "other.sqlite")], check=True, capture_output=True,
            text=True).stdout
        return float(output.split()[0])


class Result:
    def __init__(self, seconds, cpu, peak, report):
        self.seconds, self.cpu, self.peak, self.report = seconds, cpu, peak, report

    @property
    def rows(self):
        return sum(table["inserted"] + table["updated"] + table["unchanged"] for table in self.report["rows"].values())


class Simulator:
    def __init__(self, process):
        self.process = process
        self.url = process.stdout.readline().strip()

    def __enter__(self):
        return self.url

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def remove_database(folder, name):
    for suffix in ("", "-wal", "-shm"):
        path = os.path.join(folder, name + suffix)
        if os.path.exists(path):
            os.remove(path)


def forget_access_tokens(folder):
    """Every run of either program renews each participant's token, and finds no previous_sync."""
    for path in glob.glob(os.path.join(folder, "participants", "*.json")):
        with open(path) as file:
            participant = json.load(file)
        for member in ("access_token", "access_token_expires"):
            participant.pop(member, None)
        with open(path, "w") as file:
            json.dump(participant, file)


def median(values):
    return statistics.median(list(values))


# Measures ---------------------------------------------------------------------------------------------------------------------------------


def whole_job(bench, name, participants, detail, aim, python_aim=None):
    """Fresh database, every token renewed: flowrun beside the bare job, Python and raw inserts."""
    with tempfile.TemporaryDirectory() as folder, bench.simulator(folder, participants, 1, "--dense") as url:
        runs, bare, python, raw = [], [], [], []
        for _ in range(ROUNDS):
            forget_access_tokens(folder)
            remove_database(folder, "bench.sqlite")
            runs.append(bench.collect(folder, url, f"detail={detail}"))
            bare.append(bench.reference([bench.bare_job], folder, url, detail))
            if python_aim:
                python.append(bench.reference([sys.executable, os.path.join(HERE, "threaded_job.py")], folder, url, detail))
            raw.append(bench.raw(folder))
        seconds = median(run.seconds for run in runs)
        shape = f"{name}, {participants:,} participants × 1 day, {runs[0].rows:,} rows"
        bench.report(
            f"{shape}: of the bare C++ job's speed", f"{median(b / r.seconds for b, r in zip(bare, runs)):.2f} ({median(bare):.2f} s, {seconds:.2f} s)", aim)
        if python_aim:
            bench.report(f"{name}: against threaded Python", f"{median(p / r.seconds for p, r in zip(python, runs)):.2f} × ({median(python):.2f} s)", python_aim)
        bench.report(f"{name}: of raw one-row inserts", f"{median(i / r.seconds for i, r in zip(raw, runs)):.2f}", "none")
        bench.report(f"{name}: peak memory", f"{max(run.peak for run in runs):.0f} MiB", "≤ 150 MiB with 1,000 participants × 1 dense day")


def wide(bench):
    whole_job(bench, "wide (1-minute data)", 1000 if bench.is_full else 50, "1min", "≥ 0.7", "≥ 2.5 ×")


def dense(bench):
    whole_job(bench, "dense (1-second heart rate)", 20 if bench.is_full else 4, "1sec", "≥ 0.85")


def raw_responses(bench):
    """The wide shape with every response kept in a folder, beside the same run without; each with a fresh database."""
    participants = 1000 if bench.is_full else 50
    with tempfile.TemporaryDirectory() as folder, bench.simulator(folder, participants, 1, "--dense") as url:
        ratios, peaks = [], []
        for _ in range(ROUNDS + 2):
            pair = []
            # A folder of its own for each run: a file system looks at what was removed lately whenever it makes a file.
            for parameters in ([], [f"raw=raw-{len(ratios)}"]):
                forget_access_tokens(folder)
                remove_database(folder, "bench.sqlite")
                pair.append(bench.collect(folder, url, "detail=1min", *parameters))
            ratios.append(pair[1].seconds / pair[0].seconds)
            peaks.append(pair[1].peak)
        bench.report(f"wide, {participants:,} participants × 1 day: time with every response kept in a folder, of the time without", f"{median(ratios):.2f}", "≤ 1.15")
        bench.report("wide, every response kept: peak memory", f"{max(peaks):.0f} MiB", "bounded")


def scaling(bench):
    """CPU for each participant, without what a run of one costs anyway."""
    found = []
    for participants in (10, 100, 1000, 10_000) if bench.is_full else (10, 50):
        with tempfile.TemporaryDirectory() as folder, bench.simulator(folder, participants, 1, "--dense") as url:
            costs = []
            for _ in range(1 if participants > 1000 else ROUNDS):
                remove_database(folder, "bench.sqlite")
                everyone = bench.collect(folder, url, "detail=1min")
                costs.append(everyone.cpu)
        found.append((participants, median(costs)))
    least, base = found[0]
    for participants, cpu in found[1:]:
        bench.report(f"CPU for each further participant, from {least} to {participants:,}", f"{(cpu - base) / (participants - least) * 1000:.2f} ms", "≤ 3.5 ms, ± 10 %")


def hop(bench):
    """A FlowFile's way through one more processor that sets nothing: 20 of them less none."""
    count = 20_000 if bench.is_full else 2_000
    with tempfile.TemporaryDirectory() as folder:
        costs = {}
        for steps in (0, 20):
            with open(os.path.join(folder, f"{steps}.yaml"), "w") as file:
                file.write(chain(steps, count))
            costs[steps] = median(cpu_of([bench.flowrun, f"{steps}.yaml", "-q"], folder) for _ in range(ROUNDS))
        bench.report("engine hop (queue, session, counters, trigger)", f"{(costs[20] - costs[0]) / (20 * count) * 1e6:.2f} µs of CPU", "≤ 2 µs")


def chain(steps, count):
    names = [f"step {number}" for number in range(steps)] + ["drop"]
    processors = [f"  - {{name: generate, type: GenerateFlowFile, properties: {{count: {count}}}, to: {{success: {names[0]}}}}}"]
    for name, following in zip(names, names[1:]):
        processors.append(
            f"  - {{name: {name}, type: UpdateAttribute, properties: {{delete: [nothing]}}, to: {{success: {following}, failure: drop}}}}")
    return "flow: chain\nprocessors:\n" + "\n".join(processors) + "\n"


def cpu_of(command, folder):
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit(f"{command} ended with status {status}")
    return usage.ru_utime + usage.ru_stime


def requests(bench):
    """Requests of a backfill of one participant, for each day, and of a nightly run with its re-reads."""
    for api, flow in (("fitbit", "fitbit"), ("google-health", "google-health")):
        for days, detail, aim in ((14, "1sec", "≤ 11"), (30, "1min", "≤ 1.5")):
            with tempfile.TemporaryDirectory() as folder, bench.simulator(folder, 1, days, api=api) as url:
                bench.collect(folder, url, f"detail={detail}", flow=flow)
                counts = bench.requests(folder)
                per_day = sum(counts.values()) / days
                bench.report(f"requests for a participant and day, {api}, backfill of {days} days, {detail}", f"{per_day:.2f}", aim if flow == "google-health" else "none")
                if detail == "1sec":
                    nightly(bench, folder, url, api, flow)


def nightly(bench, folder, url, api, flow):
    """A day later: what is new, and what is read again."""
    subprocess.run(["curl", "-sf", "-d", '{"advance_seconds": 86400}', url + "/simulator/clock"], check=True, capture_output=True)
    bench.collect(folder, url, "detail=1sec", flow=flow)
    counts = bench.requests(folder)
    beside = sum(count for name, count in counts.items() if "heart" not in name)
    bench.report(f"requests beside pages of heart rate, {api}, nightly run with its re-reads", str(beside), "≤ 18" if flow == "google-health" else "none")


def again(bench):
    """A day that is written and unchanged, asked again by a backfill of the same window."""
    participants = 200 if bench.is_full else 20
    with tempfile.TemporaryDirectory() as folder, bench.simulator(folder, participants, 1, "--dense") as url:
        ratios = []
        for _ in range(ROUNDS):
            remove_database(folder, "bench.sqlite")
            first = bench.collect(folder, url, "detail=1min")
            connection = sqlite3.connect(os.path.join(folder, "bench.sqlite"))
            (start, end) = connection.execute(
                "SELECT date(min(start_instant), 'unixepoch'), date(max(end_instant) + 86400, 'unixepoch') FROM slice").fetchone()
            connection.close()
            second = bench.collect(folder, url, "detail=1min", f"from={start}", f"until={end}")
            if second.rows < first.rows:
                raise SystemExit(f"the second run read {second.rows} rows, the first wrote {first.rows}")
            ratios.append(second.seconds / first.seconds)
        bench.report("re-reading a day that is written and unchanged, of writing it", f"{median(ratios):.2f}", "≤ 0.5")


def large_database(bench):
    """The wide shape into a database that has many rows of other participants."""
    rows = 100_000_000 if bench.is_full else 1_000_000
    participants = 200 if bench.is_full else 20
    with tempfile.TemporaryDirectory() as folder, bench.simulator(folder, participants, 1, "--dense") as url:
        bench.collect(folder, url, "detail=1min")
        shutil.copy(os.path.join(folder, "bench.sqlite"), os.path.join(folder, "large.sqlite"))
        fill(os.path.join(folder, "large.sqlite"), rows)
        ratios = []
        for _ in range(ROUNDS):
            remove_database(folder, "bench.sqlite")
            small = bench.collect(folder, url, "detail=1min")
            forget_rows(os.path.join(folder, "large.sqlite"))
            large = bench.collect(folder, url, "detail=1min", database="large.sqlite")
            ratios.append(small.seconds / large.seconds)
        bench.report(f"a database of {rows:,} rows, of an empty one's speed", f"{median(ratios):.2f}", "≥ 0.8")


def postgresql(bench):
    """Rows through the store that runs use, beside COPY and a staged upsert of the same rows by a bare C program; one writer, and three."""
    participants = 10 if bench.is_full else 2
    found = {"empty": [], "filled": [], "empty more": [], "filled more": []}
    with PostgresServer() as server:
        for _ in range(ROUNDS):
            bare = phases([os.path.join(bench.binaries, "bare_copy"), server.database(), str(participants)])
            one = phases([os.path.join(bench.binaries, "DatabaseRows"), server.database(), str(participants), "2"])
            three = phases([os.path.join(bench.binaries, "DatabaseRows"), server.database(), str(participants), "4"])
            for phase in ("empty", "filled"):
                found[phase].append(bare[phase] / one[phase])
                found[phase + " more"].append(one[phase] / three[phase])
    bench.report("PostgreSQL, empty range, of bare COPY's speed (one writer)", f"{median(found['empty']):.2f}", "≥ 0.7")
    bench.report("PostgreSQL, filled range, of a bare staged upsert's speed (one writer)", f"{median(found['filled']):.2f}", "≥ 0.7")
    bench.report(
        "PostgreSQL, three writers against one, empty and filled range", f"{median(found['empty more']):.2f} and {median(found['filled more']):.2f} ×", "–")


def phases(command):
    """Seconds of each phase that a program reports."""
    lines = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    return {line.split()[0]: float(line.split()[2]) for line in lines}


def parquet(bench):
    """Rows of intraday heart rate as a Parquet file, beside pyarrow, which writes the same columns from memory."""
    rows = 10_000_000 if bench.is_full else 1_000_000
    python = os.path.join(ROOT, ".build", "python", "bin", "python")
    for shape, words in (("instant and value", []), ("participant, instant, offset and value", ["all"])):
        with tempfile.TemporaryDirectory() as folder:
            own, other = [], []
            for _ in range(ROUNDS + 2):
                path = os.path.join(folder, "rows.parquet")
                own.append(figures([os.path.join(bench.binaries, "ParquetRows"), path, str(rows), *words]))
                other.append(figures([python, os.path.join(HERE, "parquet_rows.py"), path, path + ".pyarrow"]))
        seconds = median(seconds for seconds, _ in own)
        bench.report(f"Parquet, {rows:,} rows of {shape}: rows a second", f"{rows / seconds / 1e6:.1f} M ({own[0][1] / rows:.2f} bytes a row)", "≥ 10 M")
        if None in other:
            found = "pyarrow is not installed; run Scripts/setup --tests"
        else:
            ratio = median(theirs[0] / ours[0] for theirs, ours in zip(other, own))
            found = f"{ratio:.2f} × ({median(seconds for seconds, _ in other):.2f} s, {seconds:.2f} s; {other[0][1] / rows:.2f} bytes a row)"
        bench.report(f"Parquet, {shape}: of pyarrow's speed", found, "≥ 1 ×")


def figures(command):
    """Seconds and bytes that a program reports; None if it lacks what it needs."""
    if not os.path.exists(command[0]):
        return None
    ended = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if ended.returncode == 69:
        return None
    ended.check_returncode()
    _, seconds, size = ended.stdout.split()
    return float(seconds), int(size)


def fill(path, rows):
    """Rows of participants with higher numbers than anybody's, a year of minutes each."""
    connection = sqlite3.connect(path)
    each = 500_000
    for number in range(rows // each):
        connection.execute("INSERT INTO participant (participant_id, name) VALUES (?, ?)", (1_000_000 + number, f"FILL{number}"))
        connection.execute(
            "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?) "
            "INSERT INTO fitbit_intraday_hr (participant_id, instant, utc_offset, value) SELECT ?, i * 60, 0, 60 + i % 40 FROM n", (each, 1_000_000 + number))
        connection.commit()
    connection.close()


def forget_rows(path):
    """Forgets what the simulator's participants have, so that the next run writes it again."""
    connection = sqlite3.connect(path)
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%participant_id%'")]
    # The list of participants last: by name, because those who come again get ids above all others.
    for table in sorted(tables, key=lambda name: name == "participant"):
        connection.execute(f"DELETE FROM {table} WHERE participant_id IN (SELECT participant_id FROM participant WHERE name NOT LIKE 'FILL%')")
    connection.commit()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def memory(bench):
    """1,000 participants, each a day of samples."""
    participants = 1000 if bench.is_full else 20
    with tempfile.TemporaryDirectory() as folder, bench.simulator(folder, participants, 1, "--dense") as url:
        run = bench.collect(folder, url, "detail=1sec")
        bench.report(f"peak memory, {participants:,} participants × 1 dense day, {run.rows:,} rows", f"{run.peak:.0f} MiB", "≤ 150 MiB")


def export(bench):
    """A year of minutes of each participant as files, in both formats."""
    rows = 10_000_000 if bench.is_full else 1_000_000
    with tempfile.TemporaryDirectory() as folder, bench.simulator(folder, 1) as url:
        bench.collect(folder, url, "detail=1min")
        fill(os.path.join(folder, "bench.sqlite"), rows)
        for kind in ("parquet", "csv"):
            seconds, peaks = [], []
            for _ in range(ROUNDS):
                shutil.rmtree(os.path.join(folder, "target"), ignore_errors=True)
                begin = time.monotonic()
                process = subprocess.Popen(
                    [bench.flowrun, "export", os.path.join(ROOT, "Flows", "fitbit.yaml"), "-p", f"api={url}", "-p", "client_id=bench", "-p",
                     "participants=participants", "-p", "database=bench.sqlite", "-q", "-o", "target", "--format", kind],
                    cwd=folder, stdout=subprocess.DEVNULL)
                _, status, usage = os.wait4(process.pid, 0)
                if status != 0:
                    raise SystemExit(f"the export ended with {status}")
                seconds.append(time.monotonic() - begin)
                peaks.append(usage.ru_maxrss / 1024)
            bench.report(
                f"export of {rows:,} rows as {kind}", f"{median(seconds):.1f} s, {rows / median(seconds) / 1e6:.1f} M rows/s, {max(peaks):.0f} MiB", "bounded memory")


def start(bench):
    """From the start of the process to its first connection, and of --help to its end."""
    with tempfile.TemporaryDirectory() as folder:
        with bench.simulator(folder, 1):
            pass
        helps, firsts = [], []
        for _ in range(7):
            begin = time.monotonic()
            subprocess.run([bench.flowrun, "--help"], check=True, capture_output=True)
            helps.append(time.monotonic() - begin)
            firsts.append(until_connected(bench, folder))
        bench.report("start to first request", f"{median(firsts) * 1000:.0f} ms", "≤ 50 ms")
        bench.report("`flowrun --help`", f"{median(helps) * 1000:.0f} ms", "≤ 20 ms")


def until_connected(bench, folder):
    """Seconds until the run connects to a provider that then refuses the client, which ends the run."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        arrived = []

        def serve():
            connection, _ = server.accept()
            arrived.append(time.monotonic())
            connection.recv(65536)
            body = b'{"errors":[{"errorType":"invalid_client","message":"bench"}],"success":false}'
            connection.sendall(b"HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
            connection.close()

        thread = threading.Thread(target=serve)
        thread.start()
        begin = time.monotonic()
        subprocess.run(
            [bench.flowrun, os.path.join(ROOT, "Flows", "fitbit.yaml"), "-p", f"api={url}", "-p", "client_id=bench", "-p", "participants=participants", "-q"],
            cwd=folder, capture_output=True)
        thread.join()
        remove_database(folder, "fitbit.sqlite")
        forget_access_tokens(folder)
        return arrived[0] - begin


def readers(bench):
    """A batch that is collected while 200 people look at the study, each at a page or a series once a second."""
    participants, people = (300, 200) if bench.is_full else (20, 50)
    with tempfile.TemporaryDirectory() as folder, bench.simulator(folder, participants, 3, "--dense") as url:
        alone, read, answers = [], [], []
        for _ in range(ROUNDS):
            for runs in (alone, read):
                forget_access_tokens(folder)
                remove_database(folder, "bench.sqlite")
                if runs is alone:
                    runs.append(bench.collect(folder, url, "detail=1min"))
                    continue
                with Served(bench, folder, url) as address, Readers(address, people) as crowd:
                    runs.append(bench.collect(folder, url, "detail=1min"))
                answers.append(crowd.answers / runs[-1].seconds)
        bench.report(
            f"a batch of {participants:,} participants collected while {people} people read: of its speed alone",
            f"{median(a.seconds for a in alone) / median(r.seconds for r in read):.2f} ({median(answers):.0f} pages a second)", "≥ 0.9")


def watched(bench):
    """The wide shape alone, with `flowrun tap` at the processor that sends most, and with `flowrun top`. Of CPU, which other processes hardly change."""
    participants = 1000 if bench.is_full else 50
    flow = os.path.join(ROOT, "Flows", "fitbit.yaml")
    # `top` follows a run only on a terminal: script(1) makes one.
    watchers = {"tap": [bench.flowrun, "tap", flow, "invoke heart", "--format", "json"], "top": ["script", "-qec", f"'{bench.flowrun}' top", "/dev/null"]}
    with tempfile.TemporaryDirectory() as folder, bench.simulator(folder, participants, 1, "--dense") as url:
        found = {"alone": [], "tap": [], "top": []}
        for _ in range(ROUNDS + 2):
            for name, runs in found.items():
                forget_access_tokens(folder)
                remove_database(folder, "bench.sqlite")
                with Watcher(folder, watchers.get(name)):
                    runs.append(bench.collect(folder, url, "detail=1min"))
        alone = median(run.cpu for run in found.pop("alone"))
        for name, runs in found.items():
            bench.report(
                f"wide, {participants:,} participants × 1 day, with `flowrun {name}` attached: CPU of the run, of that alone",
                f"{median(run.cpu for run in runs) / alone:.3f}", "≤ 1.03" if name == "tap" else "1.00")


class Watcher:
    """A command that is attached to the next run in the folder, as soon as there is one."""

    def __init__(self, folder, words):
        self.folder, self.words, self.hasBegun = folder, words, False

    def __enter__(self):
        self.isOver = threading.Event()
        self.thread = threading.Thread(target=self.attach)
        if self.words:
            self.thread.start()

    def attach(self):
        while not self.isOver.is_set():
            # Until the run has begun it ends at once.
            watched = subprocess.run(self.words, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            self.hasBegun = watched.returncode == 0 and len(watched.stdout) > 0
            if self.hasBegun:
                return

    def __exit__(self, *_):
        self.isOver.set()
        if self.words:
            self.thread.join()
            if not self.hasBegun:
                raise SystemExit(f"bench: {' '.join(self.words)} was never attached")


def study_page(bench):
    """The study page of a year: first, when nothing is known yet, and again. One participant is collected and stands for the others: all of them
    have its ledger, one in ten its rows."""
    participants = 1000 if bench.is_full else 20
    with tempfile.TemporaryDirectory() as folder, bench.simulator(folder, 1, 365, api="google-health") as url:
        bench.collect(folder, url, "detail=1min", flow="google-health")
        multiply_participant(folder, participants)
        served = Served(bench, folder, url, "google-health")
        with served as (host, port):
            def seconds():
                begin = time.monotonic()
                with urllib.request.urlopen(f"http://{host}:{port}/", timeout=600) as answer:
                    size = len(answer.read())
                return time.monotonic() - begin, size
            first, size = seconds()
            later = median(seconds()[0] for _ in range(20))
            bench.report(
                f"study page, {participants:,} participants × 365 days: first, and again",
                f"{first:.0f} s, {later * 1000:.0f} ms ({size / 1024:.0f} KB, {served.peak():.0f} MiB)", "again < 1 s")


def multiply_participant(folder, count):
    """Gives the batch's only participant's files, ledger and, to one in ten, rows to as many participants."""
    connection = sqlite3.connect(os.path.join(folder, "bench.sqlite"))
    tables = {}
    for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        if "participant_id" in columns and table != "participant":
            tables[table] = ", ".join(column for column in columns if column != "participant_id")
    own, name = connection.execute("SELECT participant_id, name FROM participant").fetchone()
    with open(os.path.join(folder, "participants", name + ".json")) as file:
        text = file.read()
    for number in range(2, count + 1):
        other = f"P{number:04d}"
        connection.execute("INSERT INTO participant (participant_id, name) VALUES (?, ?)", (own + number, other))
        # OR IGNORE: triggers on the ledger have written some of them already.
        for table, columns in tables.items():
            if number % 10 == 0 or not table.startswith("fitbit_intraday"):
                connection.execute(
                    f"INSERT OR IGNORE INTO {table} (participant_id, {columns}) SELECT ?, {columns} FROM {table} WHERE participant_id = ?", (own + number, own))
        document = json.loads(text.replace(name, other))
        document["user_id"] = document["token"]["user_id"] = str(10**18 + number)
        document["legacy_id"] = other
        for member in ("refresh_token", "access_token"):
            document[member] += other
        path = os.path.join(folder, "participants", other + ".json")
        with open(path, "w") as file:
            json.dump(document, file)
        os.chmod(path, 0o600)
    connection.commit()
    connection.execute("ANALYZE")
    connection.commit()
    connection.close()


class Served:
    """`flowrun serve` on the batch that `Bench.collect` collects."""

    def __init__(self, bench, folder, url, flow="fitbit"):
        self.process = subprocess.Popen(
            [bench.flowrun, "serve", os.path.join(ROOT, "Flows", flow + ".yaml"), "-p", f"api={url}", "-p", "client_id=bench", "-p",
             "participants=participants", "-p", "database=bench.sqlite", "-p", "detail=1min", "--listen", "127.0.0.1:0"],
            cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def __enter__(self):
        address = self.process.stdout.readline().split("://")[-1].strip(" /\n")
        return tuple(address.split(":"))

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def peak(self):
        """Peak memory so far, in MiB."""
        with open(f"/proc/{self.process.pid}/status") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmHWM")) / 1024


class Readers:
    """A process of its own, in which each person waits for an answer, and asks again a second later. It leaves the processor to the program
    that is measured: people read on other machines."""

    PATHS = ["/", "/participants/P0001", "/api/v1/participants/P0002", "/runs", "/api/v1/runs", "/errors",
             "/api/v1/participants/P0003/series?metric=heart_rate&from=2026-01-01&until=2026-02-01&resolution=1h"]

    def __init__(self, address, people):
        self.address, self.people, self.answers = address, people, 0

    def __enter__(self):
        read, write = os.pipe()
        self.pipe, self.child = read, os.fork()
        if self.child == 0:
            os.nice(19)
            self.look(write)
        os.close(write)
        return self

    def __exit__(self, *_):
        os.kill(self.child, 15)
        with os.fdopen(self.pipe) as pipe:
            self.answers = int(pipe.read().split()[-1])
        os.waitpid(self.child, 0)

    def look(self, write):
        import signal
        answers, selector, due = 0, selectors.DefaultSelector(), []

        def end(*_):
            os.write(write, f"{answers}\n".encode())
            os._exit(0)

        signal.signal(signal.SIGTERM, end)
        for person in range(self.people):
            due.append((time.monotonic() + person / self.people, person, self.PATHS[person % len(self.PATHS)], None))
        while True:
            now = time.monotonic()
            for entry in [entry for entry in due if entry[0] <= now]:
                due.remove(entry)
                _, person, path, connection = entry
                connection = connection or socket.create_connection((self.address[0], int(self.address[1])))
                connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {':'.join(self.address)}\r\nAccept: text/html\r\n\r\n".encode())
                selector.register(connection, selectors.EVENT_READ, [person, path, b""])
            for key, _ in selector.select(timeout=0.02):
                person, path, got = key.data
                got += key.fileobj.recv(1 << 18)
                key.data[2] = got
                head, _, body = got.partition(b"\r\n\r\n")
                length = next((int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), None)
                whole = body.endswith(b"0\r\n\r\n") if length is None else len(body) >= length
                if whole:
                    answers += 1
                    selector.unregister(key.fileobj)
                    due.append((time.monotonic() + 1, person, path, key.fileobj))


MEASURES = [wide, dense, raw_responses, scaling, hop, requests, again, large_database, memory, export, start, postgresql, parquet, readers, study_page, watched]


def machine():
    with open("/proc/cpuinfo") if os.path.exists("/proc/cpuinfo") else open(os.devnull) as file:
        model = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), platform.processor() or platform.machine())
    return f"{os.cpu_count()} cores, {model}, {platform.system()} {platform.machine()}"


def write_readme(bench):
    path = os.path.join(HERE, "README.md")
    with open(path) as file:
        text = file.read()
    begin, end = "<!-- figures -->\n", "<!-- end of figures -->\n"
    head, rest = text.split(begin)
    tail = rest.split(end)[1]
    rows = "".join(f"| {what} | {found} | {aim} |\n" for what, found, aim in bench.lines)
    table = f"{datetime.date.today().isoformat()}, {machine()}:\n\n| what | found | aim |\n|---|---|---|\n{rows}"
    with open(path, "w") as file:
        file.write(head + begin + table + end + tail)


def main(flowrun, raw_inserts, bare_job, size="full", *names):
    bench = Bench(flowrun, raw_inserts, bare_job, size)
    known = {measure.__name__.replace("_", "-"): measure for measure in MEASURES}
    unknown = [name for name in names if name not in known]
    if unknown or size not in ("full", "quick"):
        raise SystemExit(f"bench: {' '.join(unknown) or size}; expected full or quick, then any of: {' '.join(known)}")
    for measure in [known[name] for name in names] or MEASURES:
        measure(bench)
    if bench.is_full and not names:
        write_readme(bench)


if __name__ == "__main__":
    main(*sys.argv[1:])
