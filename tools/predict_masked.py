#!/usr/bin/env python3
"""Say what a model expects at each `<mask>` of DNA sequences."""

import bootstrap  # noqa: F401
import contextlib
import dataclasses
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Literal

import tyro
from agront_data.files import check_new_file, open_whole
from agront_data.sequences import MaskedSequence, masked_sequences, read_masked_lines
from agront_model import Precision, choose_devices
from agront_model.inference import TSV_HEADER, MaskedPredictor, MaskReport, report_of, tsv_of
from agront_tokenizer import KmerTokenizer, Vocabulary
from models import load_checked_weights, table_of, title_of, tokenizer_of
from rich.console import Console
from rich.progress import Progress
from terminal import errors_as_sentences, in_options_of, make_console, read_options, say


@dataclasses.dataclass(frozen=True, kw_only=True)
class PredictMasked:
    """Say what a model expects at each <mask> of DNA sequences.

    A <mask> stands for six bases; mind the quotes: predict_masked.py MODEL 'ACCTGA<mask>TTCTGAGTC'. For each one: the
    likeliest tokens, with probabilities among all tokens; and the probabilities of A, C, G and T at each of its six
    bases, summed over the 6-mers.
    """

    model: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="MODEL")]
    """Folder of a model (Hugging Face's files, the authors' jax_model, or a run of tools/pretrain.py), or a repository
    on Hugging Face, OWNER/NAME or OWNER/NAME@REVISION."""
    sequences: Annotated[tuple[str, ...], tyro.conf.Positional, tyro.conf.arg(metavar="SEQUENCE …")] = ()
    """DNA with at least one <mask>. N and other IUPAC letters may stand in it."""
    file: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None
    """A text file with a sequence on each line, in place of SEQUENCE; - is standard input."""
    top_k: int = 5
    """How many tokens to name at each <mask>."""
    out: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None
    """Write a TSV file in place of tables: one line for each token and each base."""
    precision: Literal["float32", "bfloat16"] = "float32"
    """Number format of the matrix products."""


def sequences_of(options: PredictMasked, tokenizer: KmerTokenizer) -> list[MaskedSequence]:
    """Reads and tokenizes what the options name.

    Raises:
        FileNotFoundError, ValueError: no such file or no sequence, or one is empty, no DNA, or has no `<mask>`.
    """
    if bool(options.sequences) == (options.file is not None):
        raise ValueError("give sequences, such as 'ACCTGA<mask>TTCTGAGTC', or --file with one on each line")
    if options.file is None:
        return masked_sequences(options.sequences, tokenizer)
    if str(options.file) == "-":
        return read_masked_lines(Path("standard input"), tokenizer, sys.stdin.buffer)
    return read_masked_lines(options.file, tokenizer)


def reports(
    predictor: MaskedPredictor, sequences: Sequence[MaskedSequence], vocabulary: Vocabulary
) -> Iterator[tuple[MaskedSequence, MaskReport]]:
    """Predicts every `<mask>` of every sequence, in order."""
    names = [sequence.name for sequence in sequences]
    for prediction in predictor.in_groups([sequence.tokens for sequence in sequences], names):
        of = sequences[prediction.row]
        yield of, report_of(prediction, of.masks, of.spans, vocabulary.tokens, vocabulary.token_bases)


def predict_masked(options: PredictMasked, console: Console) -> None:
    """Print or write what the options ask for."""
    choose_devices()  # an error of JAX's shows before the input is read
    tokenizer = tokenizer_of(options.model)
    vocabulary = tokenizer.vocabulary
    if not 1 <= options.top_k <= vocabulary.size:
        raise ValueError(f"--top-k is {options.top_k}: it must be 1 to {vocabulary.size}, all tokens")
    if options.out is not None:
        check_new_file("--out", options.out)
    sequences = sequences_of(options, tokenizer)
    pretrained = load_checked_weights(options.model, vocabulary, console, Precision(compute=options.precision))
    context = pretrained.config.max_tokens
    for sequence in sequences:
        if sequence.tokens.size > context:
            how = f"more than the context of {context:,}: read in tiles that overlap"
            say(console, f"{sequence.name}: {sequence.tokens.size:,} tokens, {how}")
    found = reports(MaskedPredictor(pretrained, k=options.top_k), sequences, vocabulary)
    if options.out is None:
        for sequence, report in found:
            console.print()
            say(console, title_of(sequence, report))
            console.print(table_of(report), highlight=False)
        k, size = vocabulary.k, vocabulary.size
        say(console, f"\nBases count from 0, the end is not among them; a <mask> counts as {k}.")
        say(console, f"Probabilities: of tokens among all {size:,}, of bases among the {k}-mers alone.")
        return
    _write(options.out, found, len(sequences), console)


def _write(out: Path, found: Iterator[tuple[MaskedSequence, MaskReport]], num_sequences: int, console: Console) -> None:
    num_masks = 0
    with contextlib.ExitStack() as stack:
        file = stack.enter_context(open_whole(out))
        progress = stack.enter_context(Progress(console=console, disable=not console.is_terminal, transient=True))
        task = progress.add_task("sequences", total=num_sequences)
        file.write(TSV_HEADER)
        for sequence, report in found:
            file.write(tsv_of(report, sequence.number))
            num_masks += 1
            progress.update(task, advance=report.mask == report.num_masks)
    say(console, f"{num_masks:,} <mask> of {num_sequences:,} sequences written to {out}")


def main() -> None:
    """Read the command line; report bad input in a sentence."""
    options = read_options(PredictMasked)
    with errors_as_sentences("", in_options_of(options)):
        predict_masked(options, make_console(shows_result=options.out is None))


if __name__ == "__main__":
    main()
