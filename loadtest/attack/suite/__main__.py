"""Starts the stage, tries each row and prints the table.

Exit code 1 if a row is open that docs/security.md does not name as knowingly open.
"""

import argparse
import asyncio
import sys
import time
import traceback

from . import report, rows
from .stage.process import BINARIES, TREE
from .stage.stage import Stage
from .verdict import REGISTRY, Failed, Gap, Result, Row

# Time limit of one row. A row that takes longer counts as broken.
LIMIT = 150

ALL = [*(f"A{number}" for number in range(1, 20)), *(f"T{number}" for number in range(1, 43)), "API"]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="loadtest/attack/run", description=__doc__)
    parser.add_argument("--short", action="store_true", help="smaller floods, and no row that mostly waits")
    parser.add_argument("--keep", action="store_true", help="keep logs and settings")
    parser.add_argument("--trace", action="store_true", help="print the trace of broken rows")
    parser.add_argument("rows", nargs="*", metavar="ROW", help="such as A3 T41; all by default")
    return parser.parse_args()


async def judge(stage: Stage, row: Row, named: set[str], trace: bool) -> list[Result]:
    begun = time.monotonic()
    verdicts: dict[str, tuple[str, str]] = {}
    try:
        async with asyncio.timeout(LIMIT):
            figure = await row.attack(stage)
        verdicts = {number: ("held", figure) for number in row.numbers}
    except Gap as gap:
        verdicts = {number: ("named" if number in named else "open", str(gap)) for number in row.numbers}
    except Failed as failed:
        verdicts = {number: ("open", str(failed)) for number in row.numbers}
    except Exception as error:
        if trace:
            traceback.print_exc()
        kind = type(error).__name__
        verdicts = {number: ("broken", f"{kind}: {str(error)[:200]}") for number in row.numbers}
    seconds = time.monotonic() - begun
    results = [Result(number, row.tried, *verdict, seconds) for number, verdict in verdicts.items()]
    for result in results:
        print(f"{result.number:<4} {result.verdict:<9} {seconds:5.1f} s", file=sys.stderr, flush=True)
    return results


def exists(test: str) -> bool:
    """Returns true if the named test stands in the tree: a file, or a file and a function."""
    path, _, function = test.partition("::")
    file = TREE / path
    return file.exists() and f"fn {function}" in file.read_text() if function else file.exists()


async def try_all(stage: Stage, wanted: list[str], options: argparse.Namespace) -> list[Result]:
    named = report.knowingly_open()
    chosen = [row for row in REGISTRY.rows if any(number in wanted for number in row.numbers)]

    async def judged(row: Row) -> list[Result]:
        return await judge(stage, row, named, options.trace)

    results: list[Result] = []
    skipped = [row for row in chosen if row.patient and stage.short]
    patient = [asyncio.create_task(judged(row)) for row in chosen if row.patient and not stage.short]
    for row in [row for row in chosen if not (row.patient or row.alone or row.last)]:
        results += await judged(row)
    for task in patient:
        results += await task
    for row in [row for row in chosen if row.alone and not row.last] + [row for row in chosen if row.last]:
        results += await judged(row)
    results += [
        Result(number, row.tried, "skipped", "in the full form only") for row in skipped for number in row.numbers
    ]
    for one in REGISTRY.elsewhere:
        if one.number in wanted:
            verdict = "elsewhere" if exists(one.test) else "open"
            results.append(Result(one.number, one.reason, verdict, one.test))
    return results


async def main() -> int:
    options = arguments()
    for binary in ("saoma", "saoma-demo"):
        if not (BINARIES / binary).exists():
            print(f"{BINARIES / binary} is missing: cargo build --locked --bin saoma --bin saoma-demo", file=sys.stderr)
            return 2
    begun = time.monotonic()
    stage = Stage(options.short)
    try:
        await stage.start()
        await rows.honest.one_login_through_the_hall(stage)
        print(f"the stage stands after {time.monotonic() - begun:.1f} s", file=sys.stderr)
        results = await try_all(stage, options.rows or ALL, options)
    finally:
        await stage.stop(options.keep)
    tried = {result.number for result in results}
    missing = [number for number in options.rows or ALL if number not in tried]
    results += [Result(number, "no attack", "open", "add one under loadtest/attack/suite/rows") for number in missing]
    print(report.table(results))
    worst = [result.number for result in results if result.verdict in ("open", "broken")]
    counts = ", ".join(
        f"{sum(result.verdict == verdict for result in results)} {verdict}"
        for verdict in ("held", "named", "elsewhere", "skipped", "open", "broken")
    )
    print(f"{counts}; {time.monotonic() - begun:.0f} s")
    return 1 if worst else 0


sys.exit(asyncio.run(main()))
