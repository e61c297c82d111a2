#!/usr/bin/env python3
"""Turn sequences into embeddings: FASTA files, or BED files and a genome, to Parquet, NPZ or Zarr."""

import bootstrap  # noqa: F401
import os

from agront_data.sequences import Inputs, parse_files
from agront_data.tables import EmbeddingTable, PartFiles
from agront_model import choose_devices
from agront_model.pretrained import check_source
from embedding import Embed, check_can_be_drawn, check_options, check_picture, draw_output, embed_inputs
from models import tokenizer_of
from rich.console import Console
from terminal import errors_as_sentences, in_options_of, make_console, read_options, say


def embed(options: Embed, console: Console) -> None:
    """Write the output, or draw the one that is there, and say what was done.

    Raises:
        ValueError, OSError: bad options or input, or something cannot be written; what is finished stays.
    """
    check_options(options)
    if not os.path.lexists(options.out):
        embed_all(options, console)
    elif options.umap is None:
        raise ValueError(
            f"{options.out} exists: remove it, or give another name with --out (--umap PNG would draw what is in it)"
        )
    else:
        check_can_be_drawn(options.out)
    if options.umap is not None:
        with console.status("laying out the embeddings in two dimensions"):
            number = draw_output(options.out, options.colour_by, options.umap)
        say(console, f"picture       {options.umap}  ({number:,} points)")


def embed_all(options: Embed, console: Console) -> None:
    """Read and check all input, then embed it; raises as `embed`."""
    inputs = Inputs(files=parse_files(options.inputs), genome=options.genome, tile=options.tile, step=options.step)
    check_source(options.model)
    PartFiles.beside(options.out).check_begun(options.decisive())
    choose_devices(options.devices)  # an error of JAX's shows before the input is read
    tokenizer = tokenizer_of(options.model)
    with console.status("reading the input"):
        survey = inputs.survey(tokenizer, options.labels)
    if not survey.num_sequences:
        raise ValueError("the input holds nothing but N: there is nothing to embed")
    if survey.label_note:
        say(console, f"labels        {survey.label_note}")
    if options.umap is not None:
        table = EmbeddingTable(layers=(-1,), embed_dim=1, label_types=survey.label_types)
        check_picture(survey.num_sequences, options.colour_by, table.schema.names)
    embed_inputs(options, inputs, survey, tokenizer, console)


def main() -> None:
    """Read the command line; report bad input in a sentence."""
    options = read_options(Embed)
    with errors_as_sentences("the same command continues where this one stopped", in_options_of(options)):
        embed(options, make_console())


if __name__ == "__main__":
    main()
