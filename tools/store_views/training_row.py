"""One row of a training run, named and spelled out without training."""

from agront_data import GenomeStore
from agront_data.bases import decode_bases
from agront_data.batches import RowSettings, read_row
from agront_tokenizer import KmerTokenizer
from rich.console import Console
from terminal import say

_LINE = 60


def print_row(
    store: GenomeStore,
    settings: RowSettings,
    tokenizer: KmerTokenizer,
    source: str,
    step: int,
    row: int,
    console: Console,
) -> None:
    """Print species, contig, place, strand and bases of a row, its bases as FASTA.

    Args:
        store: the genomes.
        settings: of the run.
        tokenizer: of the run.
        source: the preset or run that the settings were taken from, in words.
        step: updates made before the one that reads the row.
        row: the row's place in the global batch, from 0.
        console: where to print.

    Raises:
        ValueError: there is no such row.
    """
    if step < 0:
        raise ValueError(f"--step is {step}: steps are numbered from 0")
    if not 0 <= row < settings.batch_size:
        raise ValueError(f"--row is {row}: a batch of {source} has rows 0 to {settings.batch_size - 1}")
    number = step * settings.batch_size + row
    if number >= 2**32:
        raise ValueError(
            f"--step is {step}: a run ends before row 2**32, which is in step {2**32 // settings.batch_size}"
        )
    found = read_row(settings.order_of(store), number, tokenizer)
    origin, letters = found.origin, decode_bases(found.codes)

    place = f"{origin.contig}:{origin.start + 1:,}-{origin.end:,}"
    lines = {
        "row": f"{row:,} of step {step:,} (update {step + 1:,} in metrics.jsonl)",
        "number": f"{number:,} of {source}",
        "species": origin.species,
        "contig": origin.contig,
        "start, end": f"{origin.start:,}, {origin.end:,} (0-based, half-open); {len(letters):,} bases",
        "browser": f"{place} (1-based)",
        "strand": origin.strand + (" (the bases below are the reverse complement)" if origin.strand == "-" else ""),
        "soft-masked": f"{found.soft_masked_share:.1%} (lower case below)",
    }
    if found.num_read < len(letters):
        lines["cut"] = f"each N is a token, so the row is full after {found.num_read:,} bases: the rest was not read"
    header = f">{origin.species}:{origin.contig}:{origin.start + 1}-{origin.end}({origin.strand})"
    text = [f"{name:<13}{value}" for name, value in lines.items()]
    text += ["", header, *(letters[at : at + _LINE] for at in range(0, len(letters), _LINE))]
    say(console, "\n".join(text))
