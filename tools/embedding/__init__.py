"""The parts of tools/embed.py: its options, the run, the picture."""

from embedding.embedding_picture import check_can_be_drawn, check_picture, draw_output
from embedding.embedding_run import embed_inputs
from embedding.options import Embed, check_options

__all__ = [
    "Embed",
    "check_can_be_drawn",
    "check_options",
    "check_picture",
    "draw_output",
    "embed_inputs",
]
