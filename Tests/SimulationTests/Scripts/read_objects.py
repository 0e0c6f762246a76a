"""Reads the Parquet files of a warehouse flow with pyarrow.

read_objects.py FOLDER: writes a JSON object of lists by table: each row as `participant column=value …`, columns in the order of their names, with
instants in seconds since 1970, numbers with nine decimals where the column is real, and `-` for NULL. Every file must be where its day says."""
import datetime
import json
import os
import sys

import pyarrow.parquet

folder = sys.argv[1]
tables = {}


def text(value):
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.9f}"
    if isinstance(value, datetime.datetime):
        return str(int(value.timestamp()))
    return str(value)


for place, _, names in os.walk(folder):
    for name in names:
        table, day = os.path.relpath(place, folder).split("/")
        file = pyarrow.parquet.ParquetFile(os.path.join(place, name))
        columns = file.schema_arrow.names
        assert columns[0] == "participant" and day.startswith("day="), (place, name, columns)
        assert file.metadata.metadata[b"flowrun.table"].decode() == table
        required = [file.schema.column(0).max_definition_level]
        assert required == [0], "the participant is never NULL"
        rows = tables.setdefault(table, [])
        for row in file.read().to_pylist():
            assert name == row["participant"] + ".parquet", (name, row)
            if table.startswith("fitbit_15min"):
                assert str(row["instant"].date()) == day[4:], (day, row)
            rows.append(row["participant"] + "".join(f" {column}={text(row[column])}" for column in sorted(columns) if column != "participant"))

json.dump({table: sorted(rows) for table, rows in tables.items()}, sys.stdout)
