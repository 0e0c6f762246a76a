"""Parses the statements of a dialect with sqlglot. Reads a JSON list of texts; writes what they make as JSON: each table with its columns,
their types, and its key."""
import json
import sys

import sqlglot
from sqlglot import exp

dialect = {"postgresql": "postgres"}.get(sys.argv[1], sys.argv[1])


def describe(statement):
    schema = statement.this
    item = {"kind": statement.kind, "name": schema.find(exp.Table).name, "columns": [], "key": [], "properties": []}
    if statement.kind == "TABLE":
        for column in schema.expressions:
            if isinstance(column, exp.ColumnDef):
                item["columns"].append([column.name, column.kind.sql(dialect)])
                if column.find(exp.PrimaryKeyColumnConstraint):
                    item["key"].append(column.name)
            elif isinstance(column, exp.PrimaryKey):
                item["key"] = [part.name for part in column.expressions]
        properties = statement.args.get("properties")
        item["properties"] = [type(entry).__name__ for entry in properties.expressions] if properties else []
    return item


made = []
for text in json.load(sys.stdin):
    if dialect == "sqlite":
        # sqlglot does not know it.
        text = text.replace(") WITHOUT ROWID", ")")
    statement = sqlglot.parse_one(text, read=dialect, error_level=sqlglot.ErrorLevel.RAISE)
    if isinstance(statement, exp.Create) and statement.kind in ("TABLE", "VIEW"):
        made.append(describe(statement))
    elif isinstance(statement, exp.Command) and not (dialect in ("postgres", "sqlite") and ("TRIGGER" in text or "FUNCTION" in text)):
        raise SystemExit(f"sqlglot does not understand: {text}")
print(json.dumps(made))
