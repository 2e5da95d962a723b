"""Runs cfn-lint and cloudformation-validate over every template below a directory, in every region.

Everything is included: warnings, informational and experimental findings. Two rules of
cloudformation-validate are left out by ID, because a template can neither follow them nor say why not:

- I9001 reports that a property is set whose change would replace the resource. That is what the
  property is; on a permission it is every property.
- I4010 wants notes of design intent for agents. cfn-lint has the same rule, and reads that it is off.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

import cfnlint.helpers
import cloudformation_validate as validate

LEFT_OUT = ["I9001", "I4010"]

# What each tool must find, so that a tool that finds nothing has looked.
BROKEN = {
    "Resources": {
        "Function": {
            "Type": "AWS::Lambda::Function",
            "Properties": {"Code": {}, "Runtime": "provided.al2023"},
        }
    }
}


def cfn_lint(templates):
    binary = pathlib.Path(sys.executable).parent / "cfn-lint"
    command = [binary, "--include-checks", "I", "--include-experimental", "--regions", "ALL_REGIONS"]
    command += ["--format", "parseable", "--", *templates]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    return (found.stdout + found.stderr).splitlines()


def partition(region):
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"


def cloudformation_validate(templates):
    engine = validate.CompositeEngine()
    findings = set()
    for region in cfnlint.helpers.REGIONS:
        pseudo = validate.PseudoParameterOverrides(region=region, partition=partition(region))
        config = validate.ValidateConfig(
            strict=True,
            exclude=validate.RuleFilterConfig(ids=LEFT_OUT),
            pseudo_parameter_overrides=pseudo,
        )
        for template in templates:
            for it in engine.validate_template(str(template), config).diagnostics:
                place = f"{template}:{it.start_line}"
                findings.add(f"{place}: {it.severity.name} {it.rule_id} {it.message} ({region})")
    return sorted(findings)


def main():
    templates = sorted(pathlib.Path(sys.argv[1]).glob("*/*.template.json"))
    if not templates:
        sys.exit(f"no templates below {sys.argv[1]}")
    with tempfile.TemporaryDirectory() as scratch:
        broken = pathlib.Path(scratch) / "broken.json"
        broken.write_text(json.dumps(BROKEN))
        for tool in [cfn_lint, cloudformation_validate]:
            if not tool([broken]):
                sys.exit(f"{tool.__name__} finds nothing in a template that is wrong")
    failed = False
    for tool in [cfn_lint, cloudformation_validate]:
        findings = tool(templates)
        failed = failed or bool(findings)
        regions = len(cfnlint.helpers.REGIONS)
        print("\n".join(findings + [f"{tool.__name__}: {len(findings)} findings in {len(templates)} templates, {regions} regions"]))
    sys.exit(failed)


main()
