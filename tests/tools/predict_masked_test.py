import io
import itertools
import re
import sys

import jax
import numpy as np
import predict_masked
import pytest
from agront_model import AgroNTConfig, Pretrained, load_pretrained, make_model, save_pretrained
from rich.console import Console

CONFIG = AgroNTConfig(num_layers=2, embed_dim=24, num_heads=2, ffn_dim=32, max_tokens=24)
TOKENS = ["<unk>", "<pad>", "<mask>", "<cls>", *map("".join, itertools.product("ATCG", repeat=6)), *"ATCGN"]
FIRST = "ACCTGA<mask>TTCTGAGTC"
FIRST_TOKENS = ["<cls>", "ACCTGA", "<mask>", "TTCTGA", "G", "T", "C"]
SECOND = "acn<mask>GGGGGG<mask>"
SECOND_TOKENS = ["<cls>", "A", "C", "N", "<mask>", "GGGGGG", "<mask>"]
TOLERANCE = 2e-5


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    functions = make_model(CONFIG)
    params = functions.init(jax.random.key(0), np.zeros((1, 1), np.int32))
    # As they are drawn, weights are so small that all tokens are equally likely.
    draw = np.random.default_rng(1)
    params = jax.tree.map(lambda leaf: leaf + 0.4 * draw.standard_normal(leaf.shape, np.float32), params)
    folder = tmp_path_factory.mktemp("model")
    save_pretrained(Pretrained(functions, params, CONFIG), folder)
    return folder


@pytest.fixture(scope="module")
def expected(model):
    """Probabilities of all tokens at a position of one sequence, alone and without padding."""
    functions, params, _ = load_pretrained(model)

    def probabilities(tokens, position):
        ids = np.array([[TOKENS.index(token) for token in tokens]])
        logits = functions.lm_logits(params, functions.encode(params, ids).embeddings)[0, position]
        weights = np.exp(np.asarray(logits, np.float64) - float(logits.max()))
        return dict(zip(TOKENS, weights / weights.sum(), strict=True))

    return probabilities


def of_bases(probabilities):
    """P(letter at place | a 6-mer), by a sum over the 6-mers."""
    kmers = {token: p for token, p in probabilities.items() if re.fullmatch("[ACGT]{6}", token)}
    total = sum(kmers.values())
    return [
        {letter: sum(p for kmer, p in kmers.items() if kmer[place] == letter) / total for letter in "ACGT"}
        for place in range(6)
    ]


def likeliest(probabilities, k):
    return sorted(probabilities.items(), key=lambda item: -item[1])[:k]


def rows_of(tsv):
    header, *lines = tsv.read_text().splitlines()
    assert header.split("\t") == ["sequence", "mask", "start", "end", "kind", "place", "symbol", "probability"]
    return [line.split("\t") for line in lines]


def check_rows(rows, about, start, probabilities, k):
    """The lines of one mask, in order."""
    assert [row[:4] for row in rows] == [about] * (k + 24)
    tokens, bases = rows[:k], rows[k:]
    found = [(kind, place, symbol) for *_, kind, place, symbol, _ in tokens]
    best = likeliest(probabilities, k)
    assert found == [("token", str(rank), token) for rank, (token, _) in enumerate(best, 1)]
    assert [float(row[7]) for row in tokens] == pytest.approx([p for _, p in best], abs=TOLERANCE)
    flat = [
        (str(start + place), letter, p) for place, ps in enumerate(of_bases(probabilities)) for letter, p in ps.items()
    ]
    assert [tuple(row[4:7]) for row in bases] == [("base", place, letter) for place, letter, _ in flat]
    assert [float(row[7]) for row in bases] == pytest.approx([p for _, _, p in flat], abs=TOLERANCE)


def test_the_table_says_what_the_model_says(model, expected, run_tool):
    outcome = run_tool(predict_masked.main, model, FIRST, "--top-k", 4)
    assert (outcome.code, outcome.err) == (0, "")
    probabilities = expected(FIRST_TOKENS, 2)
    lines = outcome.out.splitlines()
    start = lines.index(f"sequence 1, bases 6 to 12: {FIRST}")
    assert lines[start + 1].split() == ["token", "probability", "base", "A", "C", "G", "T"]
    tokens = [line.split()[:2] for line in lines[start + 2 : start + 6]]
    assert [token for token, _ in tokens] == [token for token, _ in likeliest(probabilities, 4)]
    assert [float(p) for _, p in tokens] == pytest.approx([p for _, p in likeliest(probabilities, 4)], abs=1e-4)
    for place, (line, letters) in enumerate(zip(lines[start + 2 : start + 8], of_bases(probabilities), strict=True)):
        base, *shown = line.split()[-5:]
        assert base == str(6 + place)
        assert [float(p) for p in shown] == pytest.approx([letters[letter] for letter in "ACGT"], abs=1e-4)


def test_the_tsv_says_the_same_of_every_mask(model, expected, run_tool, tmp_path):
    out = tmp_path / "masks.tsv"
    outcome = run_tool(predict_masked.main, model, SECOND, FIRST, "--top-k", 3, "--out", out)
    assert (outcome.code, outcome.err) == (0, "")
    assert f"3 <mask> of 2 sequences written to {out}" in outcome.out
    rows = rows_of(out)
    assert len(rows) == 3 * 27
    check_rows(rows[:27], ["1", "1", "3", "9"], 3, expected(SECOND_TOKENS, 4), 3)
    check_rows(rows[27:54], ["1", "2", "15", "21"], 15, expected(SECOND_TOKENS, 6), 3)
    check_rows(rows[54:], ["2", "1", "6", "12"], 6, expected(FIRST_TOKENS, 2), 3)
    assert [path.name for path in tmp_path.iterdir()] == ["masks.tsv"]


def test_a_file_and_standard_input_are_read_by_lines(model, run_tool, tmp_path, monkeypatch):
    text = f"{FIRST}\r\n\n  {SECOND}  \n"
    (tmp_path / "masked.txt").write_bytes(text.encode())
    (tmp_path / "marked.txt").write_bytes(f"\ufeff{text}".encode())
    for file, out in ((tmp_path / "masked.txt", "file.tsv"), ("-", "input.tsv")):
        with (tmp_path / "marked.txt").open() as opened:
            monkeypatch.setattr(sys, "stdin", opened)
            assert run_tool(predict_masked.main, model, "--file", file, "--out", tmp_path / out).code == 0
    rows = rows_of(tmp_path / "file.tsv")
    assert rows == rows_of(tmp_path / "input.tsv")
    assert [row[:2] for row in rows if row[5] == "1"] == [["1", "1"], ["3", "1"], ["3", "2"]]
    named = run_tool(predict_masked.main, model, "--file", tmp_path / "masked.txt").out
    assert f"{tmp_path / 'masked.txt'}: line 3, <mask> 2 of 2, bases 15 to 21: …" in named


def test_a_mask_off_the_frame_of_six_is_said_once(model, run_tool, tmp_path):
    outcome = run_tool(predict_masked.main, model, "ACC<mask>TTTGGG", FIRST, "--out", tmp_path / "a.tsv")
    assert outcome.code == 0
    assert outcome.err.startswith("note sequence 1: the <mask> follows single letters (A C C)")
    assert outcome.err.count("\n") == 1


def test_groups_of_sequences_change_nothing(model, run_tool, tmp_path, monkeypatch):
    sequences = [FIRST, SECOND, FIRST, "<mask>", SECOND]
    assert run_tool(predict_masked.main, model, *sequences, "--out", tmp_path / "once.tsv").code == 0
    monkeypatch.setattr("agront_model.inference.masked_tokens._MASKS_AT_ONCE", 3)
    monkeypatch.setattr("agront_model.inference.masked_tokens._ROWS_AT_ONCE", 2)
    assert run_tool(predict_masked.main, model, *sequences, "--out", tmp_path / "grouped.tsv").code == 0
    once, grouped = rows_of(tmp_path / "once.tsv"), rows_of(tmp_path / "grouped.tsv")
    assert [row[:7] for row in once] == [row[:7] for row in grouped]
    assert [float(row[7]) for row in once] == pytest.approx([float(row[7]) for row in grouped], abs=TOLERANCE)


def test_what_is_longer_than_the_context_is_tiled_and_said(model, run_tool, tmp_path):
    long = "<mask>" + "ACGTTG" * 40 + "<mask>"
    fits = "ACGTTG" * 22 + "<mask>"
    outcome = run_tool(predict_masked.main, model, long, fits, "--out", tmp_path / "a.tsv")
    assert outcome.code == 0
    assert "sequence 1: 43 tokens, more than the context of 24: read in tiles that overlap" in outcome.out
    assert "sequence 2: 24 tokens" not in outcome.out
    starts = [(row[0], row[2]) for row in rows_of(tmp_path / "a.tsv") if row[4:6] == ["token", "1"]]
    assert starts == [("1", "0"), ("1", "246"), ("2", "132")]


def test_a_table_fits_eighty_columns(model):
    options = predict_masked.PredictMasked(model=str(model), sequences=(SECOND.replace("acn", "acgt" * 9),), top_k=2)
    console = Console(width=80, file=io.StringIO(), force_terminal=True)
    predict_masked.predict_masked(options, console)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", console.file.getvalue()).splitlines()
    assert "sequence 1, <mask> 1 of 2, bases 36 to 42: …acgtacgtacgt<mask>GGGGGG<mask>" in lines
    assert sum(len(re.findall(r"\b0\.\d{4}\b", line)) for line in lines) == 2 * (2 + 24)
    assert max(map(len, lines[lines.index("") :])) <= 80  # before it stands the model's path


@pytest.mark.parametrize(
    ("sequences", "message"),
    [
        ((), "give sequences, such as 'ACCTGA<mask>TTCTGAGTC', or --file"),
        (("",), "sequence 1 is empty"),
        ((FIRST, "ACGT"), "sequence 2 has no <mask>"),
        ((FIRST, "AC-<mask>"), "sequence 2: character '-' at position 2 (0-based) is not DNA: if this is an alignment"),
        (("ACU<mask>",), "sequence 1: character 'U' at position 2 (0-based) is not DNA: if this is RNA"),
        (("AC[MASK]",), "sequence 1: character '[' at position 2 (0-based)"),
        ((FIRST, "--top-k", "0"), "--top-k is 0: it must be 1 to 4105"),
        ((FIRST, "--top-k", "4106"), "--top-k is 4106"),
        ((FIRST, "--file", "a.txt"), "or --file"),
        (("--file", "gone.txt"), "gone.txt: no such file"),
        (("--file", "."), ".: is a folder"),
        (("--file", "blank.txt"), "blank.txt: holds no sequence"),
        (("--file", "bad.txt"), "bad.txt: line 3: character 'E' at position 1 (0-based) is not DNA"),
        (("--file", "genome.fa"), "genome.fa: is FASTA"),
        (("--file", "binary"), "binary: is not text"),
        ((FIRST, "--out", "gone/a.tsv"), "--out is gone/a.tsv: there is no folder gone; make it first"),
        ((FIRST, "--out", "blank.txt"), "--out blank.txt is there already"),
    ],
)
def test_what_is_wrong_is_said_before_the_model_is_loaded(
    sequences, message, run_tool, tmp_path, monkeypatch, contents
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "blank.txt").write_text("\n \n")
    (tmp_path / "bad.txt").write_text(f"{FIRST}\n\nMEEP<mask>\n")
    (tmp_path / "genome.fa").write_text(f">chr1\n{FIRST}\n")
    (tmp_path / "binary").write_bytes(b"\x80\x81")
    before = contents(tmp_path)
    outcome = run_tool(predict_masked.main, "no_such_model", *sequences)
    assert (outcome.code, outcome.out) == (1, "")
    assert message in outcome.err
    assert "no_such_model" not in outcome.err
    assert contents(tmp_path) == before


def test_no_such_model(run_tool, tmp_path):
    outcome = run_tool(predict_masked.main, tmp_path / "gone", FIRST, "--out", tmp_path / "a.tsv")
    assert outcome.code == 1
    assert str(tmp_path / "gone") in outcome.err
    assert list(tmp_path.iterdir()) == []


def test_a_tsv_is_written_whole_or_not_at_all(model, run_tool, tmp_path, monkeypatch):
    count = itertools.count()

    def stop_at_the_third(report, sequence):
        if next(count) == 2:
            raise OSError("No space left on device")
        return "a line\n"

    monkeypatch.setattr(predict_masked, "tsv_of", stop_at_the_third)
    outcome = run_tool(predict_masked.main, model, SECOND, FIRST, "--out", tmp_path / "a.tsv")
    assert (outcome.code, "a.tsv cannot be written: No space left on device; make room" in outcome.err) == (1, True)
    assert list(tmp_path.iterdir()) == []
