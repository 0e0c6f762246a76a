"""Reads a Parquet file with other implementations and compares everything with what was to be written.

read_back.py FILE FOLDER READER…: the folder has table.json and for each column N.values, N.lengths (texts and dates) and N.nulls, as
`ExpectedTable.write` makes them. Writes the differences as a JSON list of texts."""
import json
import os
import sys

import numpy
import pyarrow
import pyarrow.parquet

TYPES = {
    "integer32": pyarrow.int32(), "integer64": pyarrow.int64(), "real": pyarrow.float64(), "text": pyarrow.string(), "date": pyarrow.date32(),
    "instant": pyarrow.timestamp("ms", tz="UTC"),
}
path, folder, readers = sys.argv[1], sys.argv[2], sys.argv[3:]
differences = []


def check(found, expected, *place):
    if not (found == expected):
        differences.append(f"{' '.join(map(str, place))}: found {found!r:.200}, expected {expected!r:.200}")


class Column:
    """The expected values: numbers as numpy arrays, reals by their bits, instants in milliseconds, texts as bytes, dates as texts."""

    def __init__(self, number, name, kind, required):
        self.name, self.kind, self.required = name, kind, required
        read = lambda suffix: open(os.path.join(folder, f"{number}.{suffix}"), "rb").read()
        self.nulls = numpy.frombuffer(read("nulls"), dtype=numpy.uint8).astype(bool)
        if kind in ("text", "date"):
            content, ends = read("values"), numpy.cumsum(numpy.frombuffer(read("lengths"), dtype="<i8"))
            starts = [0, *ends[:-1]]
            self.values = numpy.array([content[a:b] for a, b in zip(starts, ends)] + [None], dtype=object)[:-1]
        else:
            self.values = numpy.frombuffer(read("values"), dtype="<i8") * (1000 if kind == "instant" else 1)

    def compare(self, reader, found):
        """Compares a column of Arrow."""
        nulls = numpy.array(found.is_null().to_numpy(zero_copy_only=False)) if len(found) else numpy.zeros(0, bool)
        check(nulls.tobytes(), self.nulls.tobytes(), reader, self.name, "nulls")
        if len(nulls) != len(self.nulls):
            return
        kept = found.drop_null().combine_chunks() if isinstance(found, pyarrow.ChunkedArray) else found.drop_null()
        expected = self.values[~self.nulls]
        if self.kind == "text":
            values = [text.encode() for text in kept.to_pylist()]
        elif self.kind == "date":
            values = [text.encode() for text in kept.cast(pyarrow.string()).to_pylist()]
        elif self.kind == "real":
            values = kept.to_numpy(zero_copy_only=False).view("<i8").tolist()
        elif self.kind == "instant":
            values = kept.cast(TYPES["instant"]).cast(pyarrow.int64()).to_pylist()
        else:
            values = kept.cast(pyarrow.int64()).to_pylist()
        for row, (one, other) in enumerate(zip(values, expected.tolist(), strict=True)):
            if one != other:
                check(one, other, reader, self.name, "value", row)
                return

    def compare_pandas(self, reader, found):
        """Compares a column of pandas, which knows no NULL beside NaN."""
        nulls = found.isna().to_numpy()
        kept = found[~nulls]
        if self.kind == "real":
            expected_nulls = self.nulls | numpy.isnan(self.values.view("<f8"))
        else:
            expected_nulls = self.nulls
        check(nulls.tobytes(), expected_nulls.tobytes(), reader, self.name, "nulls")
        expected = self.values[~expected_nulls].tolist()
        if self.kind == "text":
            values = [text.encode() for text in kept]
        elif self.kind == "date":
            values = [str(value)[:10].encode() for value in kept]
        elif self.kind == "real":
            values = kept.to_numpy(dtype="<f8").view("<i8").tolist()
        elif self.kind == "instant":
            values = kept.to_numpy(dtype="datetime64[ms]").astype("<i8").tolist()
        else:
            values = [int(value) for value in kept]
        check(values, expected, reader, self.name, "values")


class Table:
    def __init__(self):
        with open(os.path.join(folder, "table.json")) as file:
            table = json.load(file)
        self.columns = [Column(number, **column) for number, column in enumerate(table["columns"])]
        self.metadata = [tuple(pair) for pair in table["metadata"]]
        self.group_rows = table["groupRows"]
        self.row_count = len(self.columns[0].nulls)


def compare_statistics(table, metadata):
    for group in range(metadata.num_row_groups):
        rows = slice(group * table.group_rows, (group + 1) * table.group_rows)
        for index, column in enumerate(table.columns):
            chunk = metadata.row_group(group).column(index)
            place = ("statistics of group", group, column.name)
            nulls, values = column.nulls[rows], column.values[rows][~column.nulls[rows]]
            found = chunk.statistics
            check(found.null_count, int(nulls.sum()), *place, "null_count")
            check(chunk.num_values, len(nulls), *place, "num_values")
            if column.kind == "real":
                values = values.view("<f8")
                values = values[~numpy.isnan(values)]
            # No text is after a long one of the last scalars: such a chunk has no upper bound.
            is_bounded = column.kind != "text" or len(values) == 0 or len(max(values)) <= 64 or not max(values).startswith("\U0010ffff".encode() * 16)
            check(found.has_min_max, len(values) > 0 and is_bounded, *place, "has bounds")
            if len(values) == 0 or not found.has_min_max:
                continue
            least, largest = min(values), max(values)
            if column.kind == "text":
                compare_text_bounds(found, least, largest, place)
            elif column.kind == "real":
                check(found.min_raw, least, *place, "min")
                check(found.max_raw, largest, *place, "max")
                if least == 0:
                    check(numpy.signbit(found.min_raw), True, *place, "min is -0")
                if largest == 0:
                    check(numpy.signbit(found.max_raw), False, *place, "max is +0")
            elif column.kind == "date":
                days = lambda text: (numpy.datetime64(text.decode()) - numpy.datetime64("1970-01-01")).astype(int)
                check((found.min_raw, found.max_raw), (days(least), days(largest)), *place)
            else:
                check((found.min_raw, found.max_raw), (least, largest), *place)


def compare_text_bounds(found, least, largest, place):
    low, high = (bound.encode() if isinstance(bound, str) else bound for bound in (found.min_raw, found.max_raw))
    low.decode(), high.decode()
    check(low <= least and high >= largest, True, *place, "holds all texts")
    check(len(low) <= 64 and len(high) <= 64 + 4, True, *place, "is short")
    check(low == least, len(least) <= 64, *place, "min is exact")
    check(high == largest, len(largest) <= 64, *place, "max is exact")


def compare_layout(table, metadata):
    """Everything that the description says of places and sizes."""
    size = os.path.getsize(path)
    place = 4
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        check(group.num_rows, min(table.group_rows, table.row_count - number * table.group_rows), "rows of group", number)
        uncompressed = 0
        for index in range(group.num_columns):
            chunk = group.column(index)
            start = chunk.dictionary_page_offset if chunk.has_dictionary_page else chunk.data_page_offset
            check(start, place, "place of chunk", number, index)
            check(chunk.compression, "ZSTD", "compression")
            place += chunk.total_compressed_size
            uncompressed += chunk.total_uncompressed_size
        check(group.total_byte_size, uncompressed, "total_byte_size of group", number)
    with open(path, "rb") as file:
        content = file.read()
    check(content[:4] + content[-4:], b"PAR1PAR1", "magic")
    check(place + int.from_bytes(content[-8:-4], "little") + 8, size, "size of the file")


def read_pyarrow(table):
    file = pyarrow.parquet.ParquetFile(path, page_checksum_verification=True)
    found = [(field.name, field.type, field.nullable) for field in file.schema_arrow]
    check(found, [(column.name, TYPES[column.kind], not column.required) for column in table.columns], "schema")
    metadata = file.metadata
    check(metadata.num_rows, table.row_count, "rows")
    check(metadata.num_row_groups, -(-table.row_count // table.group_rows), "row groups")
    check(metadata.created_by.startswith("flowrun version "), True, "created_by", metadata.created_by)
    # pyarrow does not keep the order; DuckDB does.
    check({key.decode(): value.decode() for key, value in (metadata.metadata or {}).items()}, dict(table.metadata), "metadata")
    compare_layout(table, metadata)
    compare_statistics(table, metadata)
    return file.read()


def read_duckdb(table):
    import duckdb

    connection = duckdb.connect()
    pairs = connection.execute("SELECT decode(key), decode(value) FROM parquet_kv_metadata(?)", [path]).fetchall()
    check(pairs, table.metadata, "metadata of duckdb")
    types = {"integer32": "INTEGER", "integer64": "BIGINT", "real": "DOUBLE", "text": "VARCHAR", "date": "DATE", "instant": "TIMESTAMP WITH TIME ZONE"}
    found = connection.execute("DESCRIBE SELECT * FROM read_parquet(?)", [path]).fetchall()
    check([(row[0], row[1]) for row in found], [(column.name, types[column.kind]) for column in table.columns], "types of duckdb")
    query = "SELECT path_in_schema, row_group_id, stats_nan_count, min_is_exact, max_is_exact FROM parquet_metadata(?)"
    for name, group, nan_count, *exact in connection.execute(query, [path]).fetchall():
        column = next(column for column in table.columns if column.name == name)
        rows = slice(group * table.group_rows, (group + 1) * table.group_rows)
        values = column.values[rows][~column.nulls[rows]]
        expected = int(numpy.isnan(values.view("<f8")).sum()) if column.kind == "real" else None
        check(nan_count, expected, "nan_count of group", group, name)
        if column.kind == "text" and len(values) and None not in exact:
            check(exact, [len(min(values)) <= 64, len(max(values)) <= 64], "exactness of group", group, name)
    # A filter that the bounds let through.
    for column in table.columns:
        values = column.values[~column.nulls]
        if column.kind == "text" and len(values):
            for text in (min(values), max(values)):
                count = connection.execute(f'SELECT count(*) FROM read_parquet(?) WHERE "{column.name}" = ?', [path, text.decode()]).fetchone()[0]
                check(count, int((values == text).sum()), "duckdb finds", column.name)
    return connection.execute("SELECT * FROM read_parquet(?)", [path]).to_arrow_table()


def read_polars(table):
    import polars

    return polars.read_parquet(path).to_arrow()


def is_mixed(name):
    """Whether some data pages have a dictionary and others have none."""
    import duckdb

    rows = duckdb.connect().execute("SELECT encoding_stats FROM parquet_metadata(?) WHERE path_in_schema = ?", [path, name]).fetchall()
    return len({pages["encoding"] for (stats,) in rows for pages in stats if pages["page_type"] == "DATA_PAGE"}) > 1


table = Table()
for reader in readers:
    if reader == "fastparquet":
        import fastparquet

        frame = fastparquet.ParquetFile(path).to_pandas()
        check(list(frame.columns), [column.name for column in table.columns], reader, "columns")
        for column in table.columns:
            # It loses texts if some pages have a dictionary and others have none, whoever wrote them.
            if column.kind != "text" or not is_mixed(column.name):
                column.compare_pandas(reader, frame[column.name])
        continue
    arrow = {"pyarrow": read_pyarrow, "duckdb": read_duckdb, "polars": read_polars}[reader](table)
    check(arrow.column_names, [column.name for column in table.columns], reader, "columns")
    for column in table.columns:
        column.compare(reader, arrow[column.name])
print(json.dumps(differences))
