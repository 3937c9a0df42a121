# SPDX-License-Identifier: LGPL-2.1-or-later
"""A folder of text files, as compressible as texts are; the same each time."""

import random

FILES = 2000
FILE_BYTES = 32500


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
