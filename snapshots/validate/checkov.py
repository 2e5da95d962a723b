"""Runs checkov over every template below a directory, twice.

As they are, nothing may be found. Without their metadata, exactly that may be found which the metadata
gives a reason for: a suppression that nothing needs any more is a mistake too.
"""

import json
import pathlib
import subprocess
import sys
import tempfile


def findings(directory):
    binary = pathlib.Path(sys.executable).parent / "checkov"
    command = [binary, "--directory", directory, "--framework", "cloudformation"]
    command += ["--quiet", "--compact", "--output", "json"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    report = json.loads(run.stdout)
    if report["summary"]["parsing_errors"]:
        sys.exit(f"checkov cannot read {report['summary']['parsing_errors']} of the templates")
    failed = report["results"]["failed_checks"]
    return {(it["file_path"].lstrip("/"), it["resource"].split(".")[-1], it["check_id"]) for it in failed}


def main():
    root = pathlib.Path(sys.argv[1])
    templates = sorted(root.glob("*/*.template.json"))
    declared = set()
    with tempfile.TemporaryDirectory() as scratch:
        for path in templates:
            name = str(path.relative_to(root))
            template = json.loads(path.read_text())
            for logical_id, resource in template["Resources"].items():
                reasons = resource.pop("Metadata", {}).get("checkov", {}).get("skip", [])
                declared |= {(name, logical_id, it["id"]) for it in reasons}
            bare = pathlib.Path(scratch) / name
            bare.parent.mkdir(exist_ok=True)
            bare.write_text(json.dumps(template))
        found = findings(root)
        without_reasons = findings(scratch)
    for finding in sorted(found):
        print("found:", *finding)
    for finding in sorted(declared - without_reasons):
        print("suppressed, and nothing would be found:", *finding)
    print(f"checkov: {len(found)} findings in {len(templates)} templates, {len(declared)} suppressed")
    sys.exit(bool(found or declared - without_reasons or not declared))


main()
