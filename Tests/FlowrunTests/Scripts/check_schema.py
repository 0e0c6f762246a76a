"""Checks flow files against a JSON Schema. Standard input: {"schema": text, "flows": {name: text}}; output: {name: [{"path", "message"}]}."""
import json
import re
import sys

import jsonschema
import yaml


class CoreLoader(yaml.CSafeLoader):
    """YAML 1.2's core schema, as editors read it: 'on' is text, and so are dates."""


CoreLoader.yaml_implicit_resolvers = {}
for tag, pattern, first in [
    ("bool", r"^(true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("int", r"^[-+]?[0-9]+$", "-+0123456789"),
    ("float", r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$", "-+.0123456789"),
    ("null", r"^(~|null|Null|NULL|)$", ["~", "n", "N", ""]),
]:
    CoreLoader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), list(first))


def leaves(error):
    """An error and what it consists of: a mistake in a branch is reported within the branch."""
    yield error
    for part in error.context:
        yield from leaves(part)


request = json.load(sys.stdin)
schema = json.loads(request["schema"])
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
answer = {}
for name, text in request["flows"].items():
    found = [part for error in validator.iter_errors(yaml.load(text, Loader=CoreLoader)) for part in leaves(error)]
    answer[name] = [{"path": "".join(f"/{key}" for key in part.absolute_path), "message": part.message[:200]} for part in found]
json.dump(answer, sys.stdout)
