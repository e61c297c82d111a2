"""How fast substitutions are scored, beside one forward pass for each allele, strand and frame, in one run.

    python speed/variant_speed.py                      24 M parameters; half an hour or more on two cores
    python speed/variant_speed.py --only sparse        one workload: sparse, three, saturation, wildtype
    python speed/variant_speed.py --size demo          3 layers of width 96, windows of 128 tokens; a minute or two

Claims, on a CPU in float32, beside PyTorch: at least 1.0 times as fast with one alternative at each of sparse sites,
2.7 times with all three, 15 times where every base of a stretch is replaced by every other one (saturation), and 300
times where that is scored without a mask (wildtype).

Ours is `VariantScoring` with `TokenLikelihoods`: windows that alleles share are read once, and the LM head runs at the
`<mask>` alone; by `wildtype`, at the tokens that cover the stretch. The others read each allele's window in each strand
and frame, 12 passes, with the LM head at all positions; once in JAX, with our model, and once in PyTorch, with
`EsmForMaskedLM` of `transformers` in inference mode, scaled_dot_product_attention and no padding mask, as nothing is
padded. They are spared what a user's script would add: windows are laid out by our tokenizer, and two logits are
subtracted without log-softmax. Where PyTorch is not installed, the rest runs.

All compute the score `llr`; in the workload `wildtype` all compute the score of that name. The others then read, for
each allele, strand and frame, the tile that ours reads once for all alleles.

All have the same random weights, windows of the whole context and batches of 4,096 tokens. In saturation the others
score the first bases only, as many as the table says, and variants/s are compared: they share nothing, so that theirs
do not depend on how many there are. Ours do, and ours score the whole stretch.

JAX and PyTorch live in processes of their own and wait on a pipe while another takes its turn. In the first round all
score the same alleles, and scores are compared, to 1e-3. Of a stretch ours scores 12 bases then, by `wildtype` all. JAX
compiles then, and its seconds are shown apart. Figures are medians of the other rounds, ratios the medians of each
round's ratio, with the least and the most of them. PyTorch gets a thread a core. Ratios of CPU time, of all cores
together, say more than the clock's where other work is beside, but threads that wait for each other count as well.
"""

import argparse
import importlib.util
import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
from agront_data import encode_sequence
from agront_data.regions import ContigBases
from agront_data.variants import (
    AlleleChange,
    Score,
    Surroundings,
    TokenPair,
    VariantRecord,
    VariantRow,
    VariantScoring,
    WildtypeTiles,
    masked_pairs,
    num_bases_around,
)
from agront_model import AgroNTConfig, Pretrained, make_model, save_pretrained
from agront_model.inference import TokenLikelihoods
from agront_tokenizer import KmerTokenizer
from machine import describe_machine

SIZES = {
    "24m": AgroNTConfig(num_layers=6, embed_dim=512, num_heads=8, ffn_dim=2048),
    "demo": AgroNTConfig(num_layers=3, embed_dim=96, num_heads=4, ffn_dim=384, max_tokens=128),
}
BATCH_TOKENS = 4096
# Of a stretch, ours scores these in the first round: enough for windows with as many alleles as any, hence for all
# shapes that a whole stretch needs. By `wildtype` a window has all alleles of the stretch.
BASES_TO_COMPILE = 12
TOKENIZER = KmerTokenizer()
CONTIG = "chr1"

Contender = Callable[[list[VariantRow], Score], np.ndarray]
"""Records -> the scores of that name of their alternative alleles, in order."""
Logits = Callable[[np.ndarray], np.ndarray]
"""Tokens [B, T] -> logits at all positions [B, T, V]."""


@dataclass(frozen=True)
class Workload:
    """Records to be scored.

    Attributes:
        name: For the command line.
        title: What they are.
        rows: All of them, which ours scores.
        num_by_others: How many the others score, from the first on.
        goal: How many times as fast as PyTorch ours is to be.
        score: The score, `llr` or `wildtype`.
    """

    name: str
    title: str
    rows: list[VariantRow]
    num_by_others: int
    goal: float
    score: Score = "llr"


def random_contig(length: int) -> str:
    return "".join(np.random.default_rng(0).choice(list("ACGT"), length).tolist())


def contig_length(config: AgroNTConfig, sites: int, bases: int) -> int:
    return bases + (sites + 1) * distance(config)


def distance(config: AgroNTConfig) -> int:
    """Bases between sparse sites, and around all: no window reaches two sites, or an end."""
    return 2 * num_bases_around(config.max_tokens, TOKENIZER)


def workloads(config: AgroNTConfig, contig: str, sites: int, bases: int, sample: int) -> list[Workload]:
    scoring = scoring_of(config, "llr")

    def rows(positions: range, num_alternatives: int) -> list[VariantRow]:
        found = []
        for number, position in enumerate(positions, 1):
            reference = contig[position]
            alternatives = tuple(letter for letter in "ACGT" if letter != reference)[:num_alternatives]
            record = VariantRecord(f"line {number}", CONTIG, position, reference, alternatives)
            found.append(VariantRow(number, record, CONTIG, scoring.num_tokens(record)))
        return found

    first = distance(config)
    sparse, stretch = range(first, (sites + 1) * first, first), range(first, first + bases)
    return [
        Workload("sparse", f"Sparse sites ({sites}), 1 alternative at each", rows(sparse, 1), sites, 1.0),
        Workload("three", f"Sparse sites ({sites}), 3 alternatives at each", rows(sparse, 3), sites, 2.7),
        Workload(
            "saturation",
            f"Saturation of {bases} bases, 3 alternatives at each; others: the first {sample}, scaled",
            rows(stretch, 3),
            sample,
            15.0,
        ),
        Workload(
            "wildtype",
            f"Saturation of {bases} bases without a mask; others: the first {sample}, scaled",
            rows(stretch, 3),
            sample,
            300.0,
            "wildtype",
        ),
    ]


def scoring_of(config: AgroNTConfig, score: Score) -> VariantScoring:
    return VariantScoring(tokenizer=TOKENIZER, context=config.max_tokens - 1, scores=(score,))


def shared_windows(config: AgroNTConfig, genome: ContigBases, pretrained: Pretrained) -> Contender:
    """What agront_data and agront_model do."""
    likelihoods = TokenLikelihoods(pretrained, batch_tokens=BATCH_TOKENS)

    def scores(rows: list[VariantRow], score: Score) -> np.ndarray:
        found = scoring_of(config, score)(rows, genome, likelihoods)
        return np.array([allele.scores[score].value for alleles in found for allele in alleles])

    return scores


def pass_each(config: AgroNTConfig, genome: ContigBases, logits: Logits) -> Contender:
    """One forward pass for each allele, strand and frame, with logits at all positions."""
    rows_at_once = BATCH_TOKENS // config.max_tokens

    def scores(rows: list[VariantRow], score: Score) -> np.ndarray:
        pairs = [pair for row in rows for pair in pairs_of(row.record, genome, config, score)]
        ratios = []
        for begin in range(0, len(pairs), rows_at_once):
            batch = pairs[begin : begin + rows_at_once]
            found = logits(np.stack([pair.tokens for pair in batch]).astype(np.int32))
            for row, pair in zip(found, batch, strict=True):
                ratios.append(row[pair.position, pair.alternative] - row[pair.position, pair.reference])
        return np.reshape(ratios, (-1, 2 * TOKENIZER.vocabulary.k)).mean(axis=1)

    return scores


def pairs_of(record: VariantRecord, genome: ContigBases, config: AgroNTConfig, score: Score) -> Iterator[TokenPair]:
    """Strands and frames of each of a record's alleles, one allele after the other."""
    context = config.max_tokens - 1
    begin = record.position - num_bases_around(context, TOKENIZER)
    end = record.position + 1 + num_bases_around(context, TOKENIZER)
    length = genome.lengths[record.contig]
    for alternative in record.alternatives:
        (bases,) = genome.read([(record.contig, begin, end)])
        changed = encode_sequence(alternative)
        if score == "llr":
            yield from masked_pairs(bases, record.position - begin, changed, TOKENIZER, context=context)
        else:
            change = AlleleChange(record.position, 1, changed)
            around = Surroundings(record.contig, bases, begin, length, np.array([[0, length]]), change)
            yield from WildtypeTiles(TOKENIZER, context=context).pairs(around)


def agront(config: AgroNTConfig, folder: Path) -> dict[str, Contender]:
    import jax

    model = make_model(config)
    params = model.init(jax.random.key(0), np.zeros((1, 1), np.int32))
    pretrained = Pretrained(model, params, config)
    save_pretrained(pretrained, folder / "weights")
    genome = ContigBases(folder / "genome.fa")

    @jax.jit
    def logits(params: Any, tokens: jax.Array) -> jax.Array:
        return model.lm_logits(params, model.encode(params, tokens).embeddings)

    return {
        "agront, windows shared": shared_windows(config, genome, pretrained),
        "JAX, a pass each": pass_each(config, genome, lambda tokens: np.asarray(logits(params, tokens))),
    }


def pytorch(config: AgroNTConfig, folder: Path) -> dict[str, Contender]:
    import torch
    import transformers

    transformers.logging.set_verbosity_error()  # it lists the contact head as missing
    transformers.logging.disable_progress_bar()
    torch.set_num_threads(os.cpu_count() or 1)
    model: Any = transformers.EsmForMaskedLM.from_pretrained(folder / "weights", attn_implementation="sdpa").eval()
    assert model.config._attn_implementation == "sdpa"

    @torch.inference_mode()
    def logits(tokens: np.ndarray) -> np.ndarray:
        return model(input_ids=torch.from_numpy(tokens).long()).logits.numpy()

    return {"PyTorch, a pass each": pass_each(config, ContigBases(folder / "genome.fa"), logits)}


def serve(library: Callable[..., dict[str, Contender]], size: str, folder: Path, pipe: Connection) -> None:
    """Says which contenders there are, then scores the records that come through the pipe."""
    contenders = library(SIZES[size], folder)
    pipe.send(list(contenders))
    while (order := pipe.recv()) is not None:
        name, rows, score = order
        start, cpu_start = time.perf_counter(), time.process_time()
        scores = contenders[name](rows, score)
        pipe.send((time.perf_counter() - start, time.process_time() - cpu_start, scores))


def compare(workload: Workload, pipes: dict[str, Connection], rounds: int) -> None:
    """Prints a table of all contenders; the first is the one that ratios are of."""
    ours, num_rows = next(iter(pipes)), len(workload.rows)
    to_compile = num_rows if workload.score == "wildtype" else max(workload.num_by_others, BASES_TO_COMPILE)
    first: dict[str, float] = {}
    scores: dict[str, np.ndarray] = {}
    seconds: dict[str, list[np.ndarray]] = {name: [] for name in pipes}  # for an allele: by the clock, and of all cores
    for number in range(rounds + 1):
        for name, pipe in pipes.items():
            num_by_ours = num_rows if number else to_compile
            rows = workload.rows[: num_by_ours if name == ours else workload.num_by_others]
            pipe.send((name, rows, workload.score))
            taken, cpu_taken, found = pipe.recv()
            if number:
                seconds[name].append(np.array([taken, cpu_taken]) / len(found))
            else:
                first[name], scores[name] = taken, found
    errors = {name: float(np.abs(found - scores[ours][: len(found)]).max()) for name, found in scores.items()}
    assert max(errors.values()) < 1e-3, f"scores differ: {errors}"
    low, high = scores[ours].min(), scores[ours].max()
    print(f"\n{workload.title}; {rounds} rounds; scores of {low:.2f} to {high:.2f}")
    print(f"{'':24s} {'variants/s':>10s} {'first call':>11s} {'difference':>11s}  ours is … times as fast, by CPU time")
    for name, taken_in_rounds in seconds.items():
        ratios, cpu_ratios = np.divide(taken_in_rounds, seconds[ours]).T
        told = f"{np.median(ratios):5.2f} ({ratios.min():.2f} to {ratios.max():.2f}), {np.median(cpu_ratios):.2f}"
        goal = f"; goal {workload.goal:.1f}" if name.startswith("PyTorch") else ""
        speed = 1 / np.median(taken_in_rounds, axis=0)[0]
        print(f"{name:24s} {speed:10.3f} {first[name]:9.1f} s {errors[name]:11.1e}  {told}{goal}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=SIZES, default="24m", help="default: 24m")
    names = ("sparse", "three", "saturation", "wildtype")
    parser.add_argument("--only", choices=names, help="one workload (default: all)")
    parser.add_argument("--sites", type=int, default=1, metavar="N", help="sparse sites (default: 1)")
    parser.add_argument("--bases", type=int, default=200, metavar="N", help="bases of a stretch (default: 200)")
    parser.add_argument("--sample", type=int, default=1, metavar="N", help="those the others score (default: 1)")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="rounds that are timed (default: 3)")
    arguments = parser.parse_args()
    config = SIZES[arguments.size]

    installed = [module for module in ("jax", "torch", "transformers") if importlib.util.find_spec(module)]
    machine = describe_machine(installed)  # before its load is ours
    if len(installed) < 3:
        print("PyTorch is left out: torch or transformers is not installed")
    contig = random_contig(contig_length(config, arguments.sites, arguments.bases))
    spawn = multiprocessing.get_context("spawn")
    pipes: dict[str, Connection] = {}
    with tempfile.TemporaryDirectory() as temporary:
        Path(temporary, "genome.fa").write_text(f">{CONTIG}\n{contig}\n")
        # PyTorch reads the weights that JAX has written.
        for library in (agront, pytorch) if len(installed) == 3 else (agront,):
            pipe, theirs = spawn.Pipe()
            target = (library, arguments.size, Path(temporary), theirs)
            spawn.Process(target=serve, args=target, daemon=True).start()
            pipes |= dict.fromkeys(pipe.recv(), pipe)

    print(f"{config.num_layers} layers, width {config.embed_dim}, windows of {config.max_tokens:,} tokens\n{machine}")
    for workload in workloads(config, contig, arguments.sites, arguments.bases, arguments.sample):
        if arguments.only in (None, workload.name):
            compare(workload, pipes, arguments.rounds)
    for pipe in set(pipes.values()):
        pipe.send(None)


if __name__ == "__main__":
    main()
