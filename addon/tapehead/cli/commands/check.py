"""`tapehead check`: whether cassettes are what they should be, one line for each finding.

Knows the output and the exit code; what is looked for is in `cassette_checks`.
"""

import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from tapehead.cli.cassette_checks import CheckReport, examine
from tapehead.cli.output import NOTHING_WRONG, SOMETHING_WRONG, say, say_json, warn
from tapehead.redact.redact_rules import parse_rules
from tapehead.redact.redactor import Redactor
from tapehead.text.escape import line

VERSION = 1
"""Of the JSON: docs/schemas/check.schema.json has its fields."""


@click.command(short_help="Say what is wrong with cassettes.")
@click.argument("files", metavar="FILE...", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option("--strict", is_flag=True, help="Notes are wrong, too.")
@click.option("--redact", metavar="ENTRY", multiple=True, help="More that is secret, as `cassette_redact` has it.")
@click.option("--keep", metavar="ENTRY", multiple=True, help="What is not, as `cassette_redact_keep` has it.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_context
def check(
    ctx: click.Context,
    files: tuple[Path, ...],
    strict: bool,
    redact: tuple[str, ...],
    keep: tuple[str, ...],
    as_json: bool,
) -> None:
    """Check cassettes, and print a line for each finding: FILE:LINE: what; what to do.

    Wrong is what keeps a cassette from being read, replayed or shared: a broken format, a merge conflict, a torn last
    interaction, an id that is there twice, what is no HTTP, a credential that would be redacted now (also one that
    the environment holds), a response's content_length that is not its body's. The rest are notes: gaps between ids,
    a request's content_length, timings that do not fit, keys that version 2 does not have, a mixed layout.

    Exit code 0: nothing is wrong. 1: something is. 2: wrong usage.
    """
    try:
        rules = parse_rules(redact, keep)
    except ValueError as e:
        raise click.UsageError(line(str(e))) from e
    reports = [examine(file, Redactor(rules, os.environ)) for file in files]
    wrong = [[each for each in report.findings if each.wrong or strict] for report in reports]
    if as_json:
        say_json({"version": VERSION, "wrong": any(wrong), "files": [_facts(report) for report in reports]})
    else:
        for report in reports:
            for finding in report.findings:
                say(line(str(finding)))
        warn(_verdict(reports, sum(map(bool, wrong))))
    ctx.exit(SOMETHING_WRONG if any(wrong) else NOTHING_WRONG)


def _verdict(reports: list[CheckReport], wrong: int) -> str:
    notes = sum(not finding.wrong for report in reports for finding in report.findings)
    files = "1 cassette" if len(reports) == 1 else f"{len(reports)} cassettes"
    return f"{files} checked, {wrong or 'none'} wrong, {notes or 'no'} note{'' if notes == 1 else 's'}"


def _facts(report: CheckReport) -> dict[str, Any]:
    return {
        "file": report.file,
        "interactions": report.interactions,
        "dialect": report.dialect,
        "findings": [asdict(each) for each in report.findings],
    }
