"""How fast embeddings come out, beside PyTorch's and beside padding every sequence to the context, in one run.

    python speed/inference_speed.py               24 M parameters, 128 sequences of mixed lengths
    python speed/inference_speed.py --size 1b     the published size, 6 sequences; 12 GB of memory, 4 GB of disk

Claims, on a CPU in float32: at least 1.0 times PyTorch at equal lengths, and at least 3 times padding everything to
1,024 tokens, as the authors' own example does, on lengths of 170 to 6,000 bases. Tokens are real ones: padding is work,
not output.

PyTorch's is `EsmModel` of `transformers` in inference mode, with scaled_dot_product_attention; in bfloat16 its weights
are bfloat16 too. It has no padding mask where nothing is padded. "sorted" puts sequences of like length together and
pads each batch to its longest; every batch has at most 4,096 tokens. Where PyTorch is not installed, the rest runs.

All have the same random weights and get the same tokens; their outputs are compared once, float32 to 1e-3. JAX and
PyTorch live in processes of their own, so that their thread pools do not meet, and wait on a pipe while another takes
its turn. The first call of each, in which JAX compiles, is shown apart; figures are medians of the others, ratios the
medians of each round's ratio. PyTorch gets a thread a core, and a GPU where there is one.
"""

import argparse
import importlib.util
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from agront_model import AGRONT_1B, AgroNTConfig, Precision, Pretrained, make_model, save_pretrained
from agront_model.inference import Embedder
from agront_tokenizer import AGRONT_VOCABULARY
from machine import describe_machine

SIZES = {  # model, sequences of mixed lengths, rounds with equal and with mixed lengths
    "24m": (AgroNTConfig(num_layers=6, embed_dim=512, num_heads=8, ffn_dim=2048), 128, 9, 3),
    "1b": (AGRONT_1B, 6, 3, 3),
}
EQUAL_SHAPES = [(2, 1024), (8, 256), (64, 32)]
BATCH_TOKENS = 4096
PAD, CLS = AgroNTConfig.pad_token_id, AGRONT_VOCABULARY.cls_id

Contender = Callable[[list[np.ndarray]], np.ndarray]
"""Rows of token ids -> float32: the vectors of all tokens [B, T, D] ("equal"), or the mean of each row's [N, D]."""


def batches(rows: list[np.ndarray], length: int | None) -> Iterator[tuple[list[int], np.ndarray]]:
    """Members and tokens of batches: in the order given padded to `length`, or sorted and padded to their longest."""
    waiting = list(range(len(rows)))
    if length is None:
        waiting.sort(key=lambda index: -len(rows[index]))
    while waiting:
        width = length or len(rows[waiting[0]])
        members, waiting = waiting[: BATCH_TOKENS // width], waiting[BATCH_TOKENS // width :]
        tokens = np.full((len(members), width), PAD, np.int32)
        for row, index in zip(tokens, members, strict=True):
            row[: len(rows[index])] = rows[index]
        yield members, tokens


def means(rows: list[np.ndarray], length: int | None, mean: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """The vectors that `mean` gives for batches of tokens, in the order of the rows."""
    found = [(members, mean(tokens)) for members, tokens in batches(rows, length)]
    order = np.argsort([index for members, _ in found for index in members])
    return np.concatenate([vectors for _, vectors in found])[order]


def agront(config: AgroNTConfig, folder: Path) -> dict[str, Contender]:
    model, rounded = make_model(config), make_model(config, Precision(compute="bfloat16"))
    params = model.init(jax.random.key(0), np.zeros((1, 1), np.int32))
    save_pretrained(Pretrained(model, params, config), folder)
    embedder = Embedder(Pretrained(model, params, config), batch_tokens=BATCH_TOKENS)

    @jax.jit
    def mean(params: Any, tokens: jax.Array) -> jax.Array:
        counted = ((tokens != PAD) & (tokens != CLS))[..., None]
        return (model.encode(params, tokens).embeddings * counted).sum(1) / counted.sum(1)

    def padded(rows: list[np.ndarray]) -> np.ndarray:
        return means(rows, config.max_tokens, lambda tokens: np.asarray(mean(params, jnp.asarray(tokens))))

    return {
        "equal, agront_model": lambda rows: np.asarray(model.encode(params, np.stack(rows)).embeddings),
        "equal, agront_model bfloat16": lambda rows: np.asarray(rounded.encode(params, np.stack(rows)).embeddings),
        "mixed, agront_model.inference": lambda rows: np.asarray(embedder(rows).vectors)[:, 0],
        "mixed, agront_model, padded": padded,
    }


def pytorch(config: AgroNTConfig, folder: Path) -> dict[str, Contender]:
    import torch
    import transformers
    from transformers import EsmModel

    transformers.logging.set_verbosity_error()  # it lists the LM head as unexpected
    transformers.logging.disable_progress_bar()
    torch.set_num_threads(os.cpu_count() or 1)
    device = "cuda" if torch.cuda.is_available() else "cpu"

    def contenders(dtype: torch.dtype) -> tuple[Contender, Callable[[int | None], Contender]]:
        options: Any = {"attn_implementation": "sdpa", "add_pooling_layer": False}
        model: Any = EsmModel.from_pretrained(folder, dtype=dtype, **options).eval().to(device)
        assert model.config._attn_implementation == "sdpa"

        @torch.inference_mode()
        def equal(rows: list[np.ndarray]) -> np.ndarray:
            tokens = torch.from_numpy(np.stack(rows)).long().to(device)
            return model(input_ids=tokens).last_hidden_state.float().cpu().numpy()

        @torch.inference_mode()
        def mean(batch: np.ndarray) -> np.ndarray:
            tokens = torch.from_numpy(batch).long().to(device)
            valid = tokens != PAD
            vectors = model(input_ids=tokens, attention_mask=valid.long()).last_hidden_state.float()
            counted = (valid & (tokens != CLS))[..., None]
            return ((vectors * counted).sum(1) / counted.sum(1)).cpu().numpy()

        return equal, lambda length: lambda rows: means(rows, length, mean)

    equal, mixed = contenders(torch.float32)
    equal_rounded, mixed_rounded = contenders(torch.bfloat16)
    return {
        "equal, PyTorch": equal,
        "equal, PyTorch bfloat16": equal_rounded,
        "mixed, PyTorch, padded": mixed(config.max_tokens),
        "mixed, PyTorch, sorted": mixed(None),
        "mixed, PyTorch bfloat16, sorted": mixed_rounded(None),
    }


def serve(library: Callable[..., dict[str, Contender]], size: str, folder: Path, pipe: Connection) -> None:
    """Says which contenders there are, then embeds the rows that come through the pipe."""
    contenders = library(SIZES[size][0], folder)
    pipe.send(list(contenders))
    while (order := pipe.recv()) is not None:
        name, rows = order
        start = time.perf_counter()
        vectors = contenders[name](rows)
        pipe.send((time.perf_counter() - start, vectors))


def compare(title: str, pipes: dict[str, Connection], rows: list[np.ndarray], rounds: int) -> None:
    """Prints a table of all contenders on the same rows; the first is the one that ratios are of."""
    seconds: dict[str, list[float]] = {name: [] for name in pipes}
    expected: Any = None
    errors = {}
    for number in range(rounds + 1):
        for name, pipe in pipes.items():
            pipe.send((name, rows))
            taken, vectors = pipe.recv()
            seconds[name].append(taken)
            if number == 0:
                expected = vectors if expected is None else expected
                errors[name] = float(np.abs(vectors - expected).max())
                assert errors[name] < (0.3 if "bfloat16" in name else 1e-3), f"{name} differs by {errors[name]}"
    timed = {name: np.array(taken[1:]) for name, taken in seconds.items()}
    first = next(iter(timed))
    print(f"\n{title}; median of {rounds}, vectors compared with those of {first.split(', ', 1)[1]}")
    print(f"{'':28s} {'tokens/s':>9s} {'first call':>11s} {'difference':>11s}  the first is … times as fast")
    for name, taken in timed.items():
        speed = sum(map(len, rows)) / statistics.median(taken)
        ratio = statistics.median(taken / timed[first])
        label = name.split(", ", 1)[1]
        print(f"{label:28s} {speed:9,.0f} {seconds[name][0]:9.1f} s {errors[name]:11.1e}  {ratio:.2f}", flush=True)


def random_rows(lengths: list[int]) -> list[np.ndarray]:
    random, ids = np.random.default_rng(0), AGRONT_VOCABULARY.kmer_ids
    return [np.append(CLS, random.integers(ids.start, ids.stop, length - 1)).astype(np.int32) for length in lengths]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=SIZES, default="24m", help="default: 24m")
    parser.add_argument("--rounds", type=int, metavar="N", help="rounds that are timed (default: 9 and 3)")
    arguments = parser.parse_args()
    config, num_sequences, *rounds = SIZES[arguments.size]
    equal_rounds, mixed_rounds = [arguments.rounds] * 2 if arguments.rounds else rounds

    installed = [module for module in ("jax", "torch", "transformers") if importlib.util.find_spec(module)]
    machine = describe_machine(installed)  # before its load is ours
    if len(installed) < 3:
        print("PyTorch is left out: torch or transformers is not installed")
    spawn = multiprocessing.get_context("spawn")
    pipes: dict[str, Connection] = {}
    with tempfile.TemporaryDirectory() as temporary:
        # PyTorch reads the weights that JAX has written.
        for library in (agront, pytorch) if len(installed) == 3 else (agront,):
            pipe, theirs = spawn.Pipe()
            target = (library, arguments.size, Path(temporary, "weights"), theirs)
            spawn.Process(target=serve, args=target, daemon=True).start()
            pipes |= dict.fromkeys(pipe.recv(), pipe)

    print(f"{config.num_layers} layers, width {config.embed_dim}; on {jax.default_backend().upper()}\n{machine}")
    equal, mixed = ({name: pipes[name] for name in pipes if name.startswith(kind)} for kind in ("equal", "mixed"))
    for num_rows, num_tokens in EQUAL_SHAPES:
        rows = random_rows([num_tokens] * num_rows)
        compare(f"Equal lengths, {num_rows} x {num_tokens:,} tokens", equal, rows, equal_rounds)
    # A token for each six bases, one for each base left over, and <cls>.
    bases = np.exp(np.random.default_rng(1).uniform(np.log(170), np.log(6000), num_sequences)).astype(int)
    rows = random_rows([1 + length // 6 + length % 6 for length in bases.tolist()])
    total, padded = sum(map(len, rows)), config.max_tokens * len(rows)
    title = f"Mixed lengths, {num_sequences} x 170 to 6,000 bases, {total:,} tokens ({padded:,} when padded)"
    compare(title, mixed, rows, mixed_rounds)
    for pipe in set(pipes.values()):
        pipe.send(None)


if __name__ == "__main__":
    main()
