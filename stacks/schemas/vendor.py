"""Copies the registry schemas of the types in types.txt out of the installed cfn-lint.

Run by `make resources`. The schemas are cfn-lint's (MIT-0): AWS's registry schemas with cfn-lint's
published corrections. They are not edited here.
"""

import hashlib
import importlib.metadata
import importlib.util
import json
import pathlib

here = pathlib.Path(__file__).parent
data = pathlib.Path(importlib.util.find_spec("cfnlint").origin).parent / "data" / "schemas"
files = json.loads((data / "providers" / "us-east-1.json").read_text())
date = json.loads((data / "version.json").read_text())["schema_date"]
types = (here / "types.txt").read_text().split()

for old in here.glob("*.json"):
    old.unlink()
rows = []
for name in types:
    target = name.lower().replace("::", "-") + ".json"
    source = (data / "resources" / f"{files[name]}.json").read_bytes()
    (here / target).write_bytes(source)
    rows.append(f"| {name} | {target} | {hashlib.sha256(source).hexdigest()} |")

version = importlib.metadata.version("cfn-lint")
(here / "README.md").write_text(
    f"""# Registry schemas

CloudFormation's registry schemas of the types in `types.txt`, as published with cfn-lint {version}
(MIT-0, https://github.com/aws-cloudformation/cfn-lint), schema date {date}, region us-east-1.
Untouched: what the schemas leave out is in `codegen/src/semantics.rs`.

`make resources` brings them here and generates `src/resources` from them. A new type is one line in
`types.txt`.

| type | file | SHA-256 |
| --- | --- | --- |
"""
    + "\n".join(rows)
    + "\n"
)
