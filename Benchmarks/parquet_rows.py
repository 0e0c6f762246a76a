"""Writes the rows of a Parquet file again with pyarrow, from memory: the same columns, encodings and compression as ParquetRows.

Usage: parquet_rows.py FILE TARGET. Prints `ROWS SECONDS BYTES`. Exit 69 without pyarrow."""
import os
import sys
import time

try:
    import pyarrow.parquet
except ImportError:
    sys.exit(69)

source, target = sys.argv[1:]
table = pyarrow.parquet.read_table(source).combine_chunks()
begin = time.monotonic()
pyarrow.parquet.write_table(
    table, target, row_group_size=1_000_000, compression="zstd", compression_level=3, write_page_checksum=True, store_schema=False,
    use_dictionary=[name for name in table.column_names if name != "instant"], column_encoding={"instant": "DELTA_BINARY_PACKED"})
taken = time.monotonic() - begin
print(table.num_rows, taken, os.path.getsize(target))
