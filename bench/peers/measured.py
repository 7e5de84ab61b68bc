"""Runs a job of a peer once and prints what it took as JSON: called with the input and an empty folder."""

import json
import platform
import resource
import sys
import time


def measured(job, more=lambda: (0, "")):
    """`job` gives the numbers of good and bad records; `more` the MB of other processes, and what they are."""
    source, folder = sys.argv[1:]
    began = time.perf_counter()
    good, bad = job(source, folder)
    work = (time.perf_counter() - began) * 1000
    others, runtime = more()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 + others
    told = {"records": good + bad, "good": good, "bad": bad, "workMs": work, "peakMb": peak}
    print(json.dumps({**told, "runtime": f"Python {platform.python_version()}{runtime}"}))
