# SPDX-License-Identifier: LGPL-2.1-or-later
"""tgz of 2,000 text files, 65 MB in all, as the host downloads it: bytes of the files a
second on one CPU, and the size beside zlib's level 6.  Figures, no verdict."""

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path

FILES = 2000
FILE_BYTES = 32500
ROUNDS = 5
CPU = sorted(os.sched_getaffinity(0))[-1]


def make_texts(folder):
    """Words as often as in a language, lines that come again now and then."""
    generator = random.Random(6)
    letters = 'etaoinshrdlucmfwypvbgkqjxz'
    weights = [1 / (n + 2) for n in range(len(letters))]
    words = [''.join(generator.choices(letters, weights, k=generator.randint(2, 10)))
             for _ in range(8000)]
    often = [1 / (n + 3) for n in range(len(words))]
    lines = [' '.join(generator.choices(words, often, k=11)).encode() + b'\n'
             for _ in range(40000)]
    for n in range(FILES):
        text = b''.join(generator.choices(lines, k=600))
        (folder / f'{n:04}.txt').write_bytes(text[:FILE_BYTES])


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
