"""From checked options to the finished track: genome, model, parts, folder, summary."""

import time
from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
from agront_data.genome_names import first_names, unknown_names
from agront_data.regions import ContigBases
from agront_data.tables import Part, PartFiles
from agront_data.tracks import (
    GenomeTrack,
    Piece,
    array_name,
    block_probabilities,
    cut_blocks,
    write_bigwigs,
    write_track,
)
from agront_model import Precision, choose_devices
from agront_model.inference import BaseLikelihoods
from agront_tokenizer import KmerTokenizer
from models import load_checked_weights, origin_of
from rich.console import Console
from terminal import RowsBar, counted, say

from genome_scoring.options import ScoreGenome


def score_all_bases(options: ScoreGenome, tokenizer: KmerTokenizer, console: Console) -> None:
    """Compute all blocks, write the track and summarize.

    Raises:
        ValueError: the genome or the model cannot be used, or the unfinished output is another command's.
        OSError: something cannot be read or written, as on a full disk; finished parts stay.
    """
    genome = read_genome(options, console)
    lengths = lengths_of(options, genome)
    blocks = list(cut_blocks(lengths))
    devices = choose_devices(options.devices)
    pretrained = load_checked_weights(
        options.model, tokenizer.vocabulary, console, Precision(compute=options.precision)
    )
    longest = pretrained.config.max_tokens - 1
    context = longest if options.context is None else options.context
    if context > longest:
        raise ValueError(f"--context is {context:,}: the model reads at most {longest:,} tokens after <cls>")
    likelihoods = BaseLikelihoods(
        pretrained, tokenizer.vocabulary.token_bases, batch_tokens=options.batch_tokens, devices=devices
    )
    origin = origin_of(pretrained, tokenizer.vocabulary)
    parts = PartFiles.beside(options.out)
    decisive = {**options.decisive(), "model": origin["model_fingerprint"], "genome": genome.fingerprint}
    num_bases = sum(lengths.values())
    with parts.opened(decisive):
        begun, num_found = time.monotonic(), 0
        with RowsBar(console, "scoring", "bases", num_rows=num_bases, num_tokens=num_bases) as bar:
            for number, block in enumerate(blocks[: len(parts)]):
                parts.read(number)
                num_found += bases_of(block)
                bar.found(bases_of(block), bases_of(block))
            for number, block in enumerate(blocks[len(parts) :], len(parts)):
                logs = score_block(block, genome, tokenizer, context, likelihoods, bar)
                parts.write(number, Part(len(block), bases_of(block), {}, ""), as_batch(logs))
        seconds = time.monotonic() - begun
        metadata = {
            **origin,
            "genome": options.genome,
            "genome_fingerprint": genome.fingerprint,
            "context": context,
            "k": tokenizer.vocabulary.k,
            "precision": options.precision,
        }
        with console.status(f"writing {options.out}"):
            whole = parts.whole_path(options.out)
            with parts.writing(whole):
                write_track(whole, lengths, values_of(blocks, parts), metadata)
            parts.finish(options.out, whole)
    found = f"; {num_found:,} of them were scored before" if num_found else ""
    say(console, f"scored        {num_bases:,} bases of {counted(len(lengths), 'contig')}{found}")
    say(console, f"              {seconds:.1f} s, {(num_bases - num_found) / seconds:,.0f} bases/s")
    say(console, f"track         {options.out}")


def read_genome(options: ScoreGenome, console: Console) -> ContigBases:
    """The genome, of a FASTA file the contigs that are named."""
    wanted = set(options.contigs)
    with console.status("reading the genome"):
        return ContigBases(options.genome, species=options.species, wanted=lambda name: not wanted or name in wanted)


def lengths_of(options: ScoreGenome, genome: ContigBases) -> dict[str, int]:
    """Bases of the contigs to compute, in the order of the genome.

    Raises:
        ValueError: one that is named is not there, or has a name that no folder can have.
    """
    if unknown := unknown_names(options.contigs, genome.lengths):
        raise ValueError(
            f"--contigs: {options.genome} has no contig {unknown}; it has {first_names(list(genome.lengths))}"
        )
    wanted = set(options.contigs) or genome.lengths
    lengths = {name: length for name, length in genome.lengths.items() if name in wanted}
    for name in lengths:
        array_name(name)
    return lengths


def score_block(
    block: Sequence[Piece],
    genome: ContigBases,
    tokenizer: KmerTokenizer,
    context: int,
    likelihoods: BaseLikelihoods,
    bar: RowsBar,
) -> np.ndarray:
    """Log-probabilities of all bases of a block, one piece after the other.

    Raises:
        ValueError: the device's memory is too small.
        FloatingPointError: the model's output is not finite.
    """
    num_bases = bases_of(block)

    def with_bar(rows: list[np.ndarray]) -> Sequence[np.ndarray]:
        if not rows:
            bar.computed(num_bases, num_bases)
        share = num_bases / max(1, len(rows))
        return likelihoods(rows, lambda done: bar.computed(done * share, done * share))

    try:
        return np.concatenate(block_probabilities(block, genome, tokenizer, context, with_bar))
    except FloatingPointError as error:
        raise FloatingPointError(f"{block[0].contig}, bases from {block[0].start + 1:,} on: {error}") from error


def bases_of(block: Sequence[Piece]) -> int:
    """How many bases a block has."""
    return sum(piece.end - piece.start for piece in block)


def as_batch(logs: np.ndarray) -> pa.RecordBatch:
    """Log-probabilities as a part holds them."""
    values = pa.array(logs.astype(np.float16).reshape(-1))
    return pa.record_batch({"log_p": pa.FixedSizeListArray.from_arrays(values, logs.shape[1])})


def values_of(blocks: Sequence[Sequence[Piece]], parts: PartFiles) -> Iterator[tuple[Piece, np.ndarray]]:
    """What the parts hold of each piece, one part in memory at a time."""
    for number, block in enumerate(blocks):
        column = parts.batch(number).column("log_p")
        logs = column.flatten().to_numpy(zero_copy_only=False).reshape(-1, column.type.list_size)
        for piece in block:
            size = piece.end - piece.start
            yield piece, logs[:size]
            logs = logs[size:]


def draw_bigwigs(options: ScoreGenome, console: Console) -> None:
    """Write the bigWig files of a finished track.

    Raises:
        ValueError: the genome is another, or data of the track are damaged.
        OSError: a file cannot be written.
    """
    if options.bigwig is None:
        return
    track, genome = GenomeTrack.open(options.out), read_genome(options, console)
    with console.status("writing bigWig files"):
        paths = write_bigwigs(options.bigwig, track, genome)
    say(console, f"bigWig files  {', '.join(map(str, paths))}")
