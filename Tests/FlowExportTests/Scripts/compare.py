"""Compares an export with its SQLite database: compare.py DATABASE PARQUET CSV. The tables come as JSON on standard input, each with name, key
and columns by kind. Writes the differences as a JSON list of texts."""
import datetime
import glob
import json
import os
import sqlite3
import sys

import duckdb
import pyarrow
import pyarrow.parquet

TYPES = {
    "integer": pyarrow.int64(), "offset": pyarrow.int32(), "real": pyarrow.float64(), "text": pyarrow.string(), "date": pyarrow.date32(),
    "instant": pyarrow.timestamp("ms", tz="UTC"),
}
database, parquet, csv = sys.argv[1:4]
differences = []
connection = sqlite3.connect(database)
manifest = json.load(open(os.path.join(parquet, "_manifest.json")))


def plain(value):
    """A value as the database has it."""
    if isinstance(value, datetime.datetime):
        return int(value.timestamp())
    return value.isoformat() if isinstance(value, datetime.date) else value


def check(found, expected, place):
    if not found == expected:
        differences.append(f"{place}: found {found!r:.300}, expected {expected!r:.300}")


for table in json.load(sys.stdin):
    name, columns = table["name"], table["columns"]
    listed = ", ".join(f't."{column}"' for column in columns)
    rows = connection.execute(f'SELECT p.name, {listed} FROM "{name}" AS t JOIN participant AS p USING (participant_id)').fetchall()
    expected = sorted(rows, key=repr)
    files = sorted(glob.glob(os.path.join(parquet, name, "**", "*.parquet"), recursive=True))
    found = []
    for file in files:
        schema = pyarrow.parquet.read_schema(file)
        check([(field.name, field.type) for field in schema], [("participant", pyarrow.string())] + [(c, TYPES[k]) for c, k in columns.items()], file)
        check([field.nullable for field in schema], [False] + [c not in table["key"] for c in columns], f"{file} nullable")
        metadata = {key.decode(): value.decode() for key, value in pyarrow.parquet.read_metadata(file).metadata.items()}
        check({key: metadata.get(key) for key in ("flow", "version")}, {"flow": "study", "version": "1.0"}, f"{file} metadata")
        found += [tuple(plain(value) for value in row.values()) for row in pyarrow.parquet.ParquetFile(file).read().to_pylist()]
        entry = next(entry for entry in manifest["files"] if os.path.join(parquet, entry["key"]) == file)
        check(entry["rows"], pyarrow.parquet.read_metadata(file).num_rows, f"{file} rows")
    check(sorted(found, key=repr), expected, f"{name} by pyarrow")
    if files:
        pattern = os.path.join(parquet, name, "**", "*.parquet")
        listed = ", ".join(
            f'epoch("{c}")::BIGINT' if k == "instant" else f'"{c}"::VARCHAR' if k == "date" else f'"{c}"' for c, k in columns.items())
        rows = duckdb.sql(f"SELECT participant, {listed} FROM read_parquet('{pattern}', hive_partitioning = true)").fetchall()
        check(sorted(rows, key=repr), expected, f"{name} by DuckDB")
        counted = duckdb.sql(f"SELECT count(*) FROM read_csv('{os.path.join(csv, name, '**', '*.csv')}', header = true, all_varchar = true, delim = ',', quote = '\"', escape = '\"')").fetchall()[0][0]
        check(counted, len(expected), f"{name} as CSV")
print(json.dumps(differences))
