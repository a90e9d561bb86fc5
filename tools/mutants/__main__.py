"""Break the package one operator or constant at a time, and see whether a test fails.

    python tools/mutants [--sample 200] [--seed 0] [--jobs 2] [WORD ...]

A *mutant* is `ganflow` with one token changed: `<` becomes `<=`, `+` becomes `-`, `and`
becomes `or`, a number grows by 1, `True` becomes `False`. Each runs the tests that run
the changed line, the nearest files first and the fastest tests of each, until one
fails: then it is *killed*. What no test kills is printed with the name that it has in
`harmless.txt`: a test is missing, or that file says why nobody could tell. Ends with
the share that was killed of those that somebody could tell, and with exit status 1
where that is below nine in ten.
WORDs pick mutants by what their line of the list holds: "losses/" or "rules.py:200".

Which test runs which line is found once, in a quarter of an hour, and kept with each
verdict in _build/mutants; what has changed since is found again. Tests of the book, its
site and its tools, those that time something and those that need a browser or a GPU
kill nothing here.
It works in copies of the project, one for each job; nothing here is changed.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from chosen_tests import Found
from desk import Desk
from lines_run import kept, test_files
from mutations import ROOT, Mutant, all_mutants
from verdicts import Verdicts, harmless, summary


def main() -> int:
    """Print each survivor as it is found, then the share that was killed.

    Returns
    -------
    int
        0 where it is enough, else 1.
    """
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--sample", type=int, default=200, help="how many; 0 is all")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("words", nargs="*", metavar="WORD")
    options = parser.parse_args()
    chosen = [m for m in all_mutants() if all(w in str(m) for w in options.words)]
    if options.sample and options.sample < len(chosen):
        chosen = random.Random(options.seed).sample(chosen, options.sample)
    os.environ |= {"OMP_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        desks = [Desk(Path(folder, str(job))) for job in range(options.jobs)]
        try:
            counts = judged(chosen, desks)
        finally:
            for desk in desks:
                desk.close()
    minutes = (time.monotonic() - begun) / 60
    told, enough = summary(counts)
    print(f"{told}; {minutes:.1f} minutes")
    return 0 if enough else 1


def judged(chosen: list[Mutant], desks: list[Desk]) -> Counter[str]:
    """How many were killed, survived or are harmless, each printed as it is found."""
    free: SimpleQueue[Desk] = SimpleQueue()
    for desk in desks:
        free.put(desk)

    def at_a_desk(work, *given):
        desk = free.get()
        try:
            return work(desk, *given)
        finally:
            free.put(desk)

    with ThreadPoolExecutor(len(desks)) as pool:
        old = [file for file in test_files(ROOT) if not kept(file, ROOT)]
        for i, note in enumerate(pool.map(lambda f: at_a_desk(Desk.find, f), old), 1):
            print(f"lines of {note} ({i} of {len(old)})", flush=True)
        found = Found(ROOT)
        for test in found.failed:
            print(f"kills nothing, as it fails without a mutant: {test}")
        verdicts, reasons = Verdicts(found.reach), harmless()

        def verdict(mutant: Mutant) -> str:
            name = verdicts.name(mutant)
            killer = verdicts.killer(mutant) or at_a_desk(
                Desk.killer, mutant, found.sessions(mutant)
            )
            verdicts.keep(mutant, killer)
            if killer:
                if name in reasons:
                    print(f"not harmless, {killer} kills it: {name}", flush=True)
                return "killed"
            kind = "harmless" if name in reasons else "survived"
            print(f"{kind}: {mutant.path}:{mutant.line}\n  {name}", flush=True)
            return kind

        counts: Counter[str] = Counter()
        for i, kind in enumerate(pool.map(verdict, chosen), 1):
            counts[kind] += 1
            if i % 20 == 0:
                print(f"{i} of {len(chosen)}: {dict(counts)}", flush=True)
    return counts


if __name__ == "__main__":
    sys.exit(main())
