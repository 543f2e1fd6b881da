#!/usr/bin/env python3
"""Builds nodes/shared/data/known-words.txt: words that are words, so that a typing slip can be told from another word.

A word is kept where it stands in a public dictionary of English, French, German or Spanish (so that nothing of
anybody's prompt stays that no dictionary has), occurs in at least three prompts of the development data (so that the list is
short), has four letters or more, and is not a whole word of the embedding table's vocabulary. The dictionaries only
say which words stay; they are Debian's word lists, fetched and unpacked beside, not installed:

    apt-get download wamerican wbritish wfrench wngerman wspanish
    for deb in *.deb; do dpkg -x "$deb" words; done
    python3 scripts/known-words.py --dictionaries words/usr/share/dict --data DATA
"""

import argparse
import collections
import gzip
import json
import re
import struct
import unicodedata
from pathlib import Path

TABLES = Path(__file__).resolve().parent.parent / "nodes" / "shared" / "data"
# In German every noun begins with a capital; elsewhere a capital is the mark of a name.
DICTIONARIES = {"american-english": False, "british-english": False, "french": False, "spanish": False, "ngerman": True}
LETTERS = {"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "ł": "l"}
LEAST_PROMPTS = 3
LEAST_LETTERS = 4


def fold(word):
    word = "".join(c for c in unicodedata.normalize("NFD", word.lower()) if unicodedata.category(c) != "Mn")
    return "".join(LETTERS.get(c, c) for c in word)


def dictionary_words(folder):
    words = set()
    for name, capitals in DICTIONARIES.items():
        for line in (folder / name).read_text(encoding="utf-8").split("\n"):
            if line and (capitals or line[0].islower()):
                words.add(fold(line.strip()))
    return words


def prompts(folder):
    with gzip.open(folder / "classifier.dev.jsonl.gz", "rt", encoding="utf-8") as lines:
        yield from {json.loads(line)["text"] for line in lines}
    with gzip.open(folder / "semantic.dev.jsonl.gz", "rt", encoding="utf-8") as lines:
        # Pairs of the kind "surface" hold typing slips on purpose.
        pairs = [pair for pair in map(json.loads, lines) if pair["kind"] != "surface"]
    yield from {text for pair in pairs for text in (pair["a"], pair["b"])}


def vocabulary(path):
    head = path.read_bytes()
    (length,) = struct.unpack("<I", head[12:16])
    return set(head[16 : 16 + length].decode("utf-8").split("\n"))


def main():
    arguments = argparse.ArgumentParser(description="Builds the list of known words")
    arguments.add_argument("--dictionaries", type=Path, required=True, help="folder of Debian's word lists")
    arguments.add_argument("--data", type=Path, required=True, help="folder of the development data")
    given = arguments.parse_args()
    counts = collections.Counter()
    for text in prompts(given.data):
        counts.update({fold(word) for word in re.findall(r"[^\W\d_]+", text)})
    kept = dictionary_words(given.dictionaries) - vocabulary(TABLES / "embedding.bin")
    words = sorted(
        word
        for word, count in counts.items()
        if count >= LEAST_PROMPTS and len(word) >= LEAST_LETTERS and word.isascii() and word in kept
    )
    (TABLES / "known-words.txt").write_text("\n".join(words) + "\n", encoding="utf-8")
    print(f"{len(words)} words")


if __name__ == "__main__":
    main()
