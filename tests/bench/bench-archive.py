# SPDX-License-Identifier: LGPL-2.1-or-later
"""tgz of 2,000 text files, 65 MB in all, as the host downloads it: bytes of the files a
second on one CPU, and the size beside zlib's level 6.  Figures, no verdict."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path

from texts import FILE_BYTES, FILES, make_texts

ROUNDS = 5
CPU = sorted(os.sched_getaffinity(0))[-1]


def level_6(folder):
    tar = subprocess.run(['tar', '-c', '-f', '-', '-C', folder, '.'], check=True,
                         capture_output=True).stdout
    start = time.process_time()
    size = len(zlib.compress(tar, 6))
    return size, len(tar) / (time.process_time() - start) / 1e6


def measure(tool, folder):
    times = []
    for _ in range(ROUNDS):
        start = time.monotonic()
        run = subprocess.run(['taskset', '-c', str(CPU), tool, 'get', f'{folder}?format=tgz',
                              '/dev/null'], check=True, capture_output=True, text=True)
        times.append(time.monotonic() - start)
    answer = json.loads(run.stdout)
    return FILES * FILE_BYTES / statistics.median(times) / 1e6, answer['bytes'], answer['peak_kb']


def main():
    with tempfile.TemporaryDirectory(prefix='tbx-bench-') as name:
        make_texts(Path(name))
        size, rate = level_6(name)
        print(f'zlib, level 6, alone      {rate:6.0f} MB/s  {size / 1e6:6.2f} MB')
        for tool in sys.argv[1:]:
            rate, ours, peak = measure(tool, name)
            print(f'{Path(tool).name:25} {rate:6.0f} MB/s  {ours / 1e6:6.2f} MB, '
                  f'{100 * (ours / size - 1):+.1f} %, {peak / 1024:.1f} MB of memory at most')
        print('budget: 100 MB/s, +15 %')


main()
