"""The whole job as an expert writes it in Python: threads, one connection each, one writer, many rows a statement.

The same requests, tokens, rows and ledger as bare_job.cpp, without an engine. The first failure ends it.

Usage: threaded_job.py URL PARTICIPANTS DATABASE DATE DETAIL [THREADS]
Prints seconds and rows.
"""
import calendar
import datetime
import http.client
import json
import os
import queue
import sqlite3
import sys
import threading
import time
import urllib.parse


def replace_durably(folder, name, text):
    temporary = os.path.join(folder, "." + name + ".new")
    with open(temporary, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.rename(temporary, os.path.join(folder, name))
    directory = os.open(folder, os.O_RDONLY)
    os.fsync(directory)
    os.close(directory)


class Provider:
    def __init__(self, url):
        parts = urllib.parse.urlparse(url)
        self.connection = http.client.HTTPConnection(parts.hostname, parts.port)

    def ask(self, method, path, headers, body=None):
        self.connection.request(method, path, body, headers)
        response = self.connection.getresponse()
        content = response.read()
        if response.status != 200:
            raise SystemExit(f"threaded_job: {path}: status {response.status}")
        return json.loads(content)

    def renewed_token(self, folder, name):
        with open(os.path.join(folder, name)) as file:
            participant = json.load(file)
        form = urllib.parse.urlencode({"client_id": "bench", "grant_type": "refresh_token", "refresh_token": participant["refresh_token"]})
        answer = self.ask("POST", "/oauth2/token", {"Content-Type": "application/x-www-form-urlencoded"}, form)
        participant["refresh_token"] = answer["refresh_token"]
        replace_durably(folder, name, json.dumps(participant))
        return {"Authorization": "Bearer " + answer["access_token"]}


def samples(document, member, start):
    rows = []
    for row in document[member]["dataset"]:
        text = row["time"]
        rows.append((start + int(text[:2]) * 3600 + int(text[3:5]) * 60 + int(text[6:8]), -21600, row["value"]))
    return rows


def collect(provider, folder, name, date, detail, start):
    headers = provider.renewed_token(folder, name)
    provider.ask("GET", "/1/user/-/devices.json", headers)
    day = f"{date}/{date}"
    heart = provider.ask("GET", f"/1/user/-/activities/heart/date/{day}/{detail}/time/00:00/23:59.json?timezone=UTC", headers)
    steps = provider.ask("GET", f"/1/user/-/activities/steps/date/{day}/1min/time/00:00/23:59.json?timezone=UTC", headers)
    # A day of UTC touches two local days.
    dates = [(datetime.date.fromisoformat(date) + datetime.timedelta(days=offset)).isoformat() for offset in (-1, 0)]
    zones = provider.ask("GET", f"/1/user/-/activities/heart/date/{dates[0]}/{dates[1]}.json", headers)["activities-heart"]
    days = [
        (local, provider.ask("GET", f"/1/user/-/activities/date/{local}.json", headers)["summary"], of_day["value"]["heartRateZones"])
        for local, of_day in zip(dates, zones)
    ]
    return name[:-5], samples(heart, "activities-heart-intraday", start), samples(steps, "activities-steps-intraday", start), days


MEMBERS = ["activityCalories", "caloriesBMR", "caloriesOut", "marginalCalories", "steps", "elevation", "floors", "veryActiveMinutes",
           "fairlyActiveMinutes", "lightlyActiveMinutes", "sedentaryMinutes", "restingHeartRate"]


class Database:
    ROWS_PER_STATEMENT = 48

    def __init__(self, path):
        self.connection = sqlite3.connect(path, isolation_level=None)
        for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "cache_size = -8192"):
            self.connection.execute("PRAGMA " + pragma)
        self.rows = 0

    def write(self, name, heart, steps, days):
        execute = self.connection.execute
        execute("BEGIN IMMEDIATE")
        participant = execute("INSERT INTO participant (name) VALUES (?)", (name,)).lastrowid
        for table, rows in (("fitbit_intraday_hr", heart), ("fitbit_intraday_steps", steps)):
            self.insert(table, participant, rows)
        self.note(participant, "intraday-heart-rate", len(heart))
        self.note(participant, "intraday-steps", len(steps))
        self.rows += len(heart) + len(steps)
        for date, summary, zones in days:
            execute(
                "INSERT INTO fitbit_daily_activity (participant_id, date, activity_calories, calories_bmr, calories_out, marginal_calories, steps, "
                "elevation, floors, very_active_minutes, fairly_active_minutes, lightly_active_minutes, sedentary_minutes, resting_heart_rate, "
                "distance) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                (participant, date, *(summary.get(member) for member in MEMBERS), summary["distances"][0]["distance"]))
            self.note(participant, "daily-activity " + date, 1)
            self.connection.executemany(
                "INSERT INTO fitbit_hr_summary (participant_id, date, zone, min, max, minutes, calories_out) VALUES (?,?,?,?,?,?,?)",
                [(participant, date, zone["name"], zone["min"], zone["max"], zone["minutes"], zone["caloriesOut"]) for zone in zones])
            self.note(participant, "heart-rate-zones " + date, len(zones))
            self.rows += 1 + len(zones)
        execute("COMMIT")

    def insert(self, table, participant, rows):
        head = f"INSERT INTO {table} (participant_id, instant, utc_offset, value) VALUES "
        for first in range(0, len(rows), self.ROWS_PER_STATEMENT):
            group = rows[first:first + self.ROWS_PER_STATEMENT]
            values = [participant]
            for row in group:
                values.extend(row)
            self.connection.execute(head + ",".join(["(?1,?,?,?)"] * len(group)), values)

    def note(self, participant, data_type, rows):
        self.connection.execute(
            "INSERT INTO slice (participant_id, data_type, start_instant, end_instant, state, rows, run, vanished) "
            "VALUES (?, ?, 0, 86400, 'written', ?, 'bare', 0)", (participant, data_type, rows))

    def close(self):
        self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.connection.close()


def main(url, folder, database, date, detail, threads=4):
    names = sorted(name for name in os.listdir(folder) if name.endswith(".json") and not name.startswith("."))
    begin = time.monotonic()
    start = calendar.timegm(time.strptime(date, "%Y-%m-%d"))
    waiting, answers = queue.SimpleQueue(), queue.Queue(maxsize=64)
    for name in names:
        waiting.put(name)

    def work():
        provider = Provider(url)
        while True:
            try:
                name = waiting.get_nowait()
            except queue.Empty:
                return
            answers.put(collect(provider, folder, name, date, detail, start))

    workers = [threading.Thread(target=work, daemon=True) for _ in range(threads)]
    for worker in workers:
        worker.start()
    target = Database(database)
    for _ in names:
        target.write(*answers.get(timeout=60))
    target.close()
    print(f"{time.monotonic() - begin:.3f} {target.rows}")


if __name__ == "__main__":
    main(*sys.argv[1:6], *(int(text) for text in sys.argv[6:7]))
