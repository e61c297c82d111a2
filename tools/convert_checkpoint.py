#!/usr/bin/env python3
"""Write any AgroNT weights as a Hugging Face folder: `tools/convert_checkpoint.py SOURCE OUT`."""

import bootstrap  # noqa: F401
import dataclasses
from pathlib import Path
from typing import Annotated

import tyro
from agront_data.files import check_can_write
from agront_model import choose_devices
from agront_model.pretrained import appearing_whole, check_free, model_card, model_fingerprint, write_model
from models import load_checked_weights, tokenizer_of
from rich.console import Console
from terminal import errors_as_sentences, make_console, read_options, say


@dataclasses.dataclass(frozen=True, kw_only=True)
class Command:
    """Write any AgroNT weights as a Hugging Face folder, with tokenizer and model card.

    transformers' AutoTokenizer and EsmForMaskedLM load it, and so does agront-model.
    """

    source: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="SOURCE")]
    """Hugging Face's files, the authors' jax_model, a run of tools/pretrain.py or one of its checkpoints; or OWNER/NAME
    or OWNER/NAME@REVISION on the Hugging Face Hub, with /jax_model at the end for the authors' files there."""
    out: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="OUT")]
    """The folder to make. It appears once it is whole."""


def convert(source: str, out: Path, console: Console) -> None:
    """Load, check and write.

    Raises:
        ValueError, OSError: the source cannot be read or is of another vocabulary, or the folder cannot be written.
    """
    out = out.absolute()
    check_free(out)
    check_can_write("OUT", out, as_folder=True)
    choose_devices()
    tokenizer = tokenizer_of(source)
    pretrained = load_checked_weights(source, tokenizer.vocabulary, console)
    with console.status("writing"), appearing_whole(out) as folder:
        fingerprint = model_fingerprint(pretrained.params, pretrained.config)
        write_model(pretrained, folder)
        tokenizer.save_pretrained(folder, max_tokens=pretrained.config.max_tokens)
        card = model_card(pretrained, out.name, k=tokenizer.vocabulary.k, fingerprint=fingerprint)
        (folder / "README.md").write_text(card, encoding="utf-8")
    lines = [f"fingerprint   {fingerprint}", f"written to    {out}", f"model card    {out / 'README.md'}"]
    say(console, "\n".join(lines))


def main() -> None:
    """Read the command line; report bad input in a sentence."""
    command = read_options(Command)
    with errors_as_sentences("nothing was written"):
        convert(command.source, command.out, make_console())


if __name__ == "__main__":
    main()
