"""Sequences to compute something of: FASTA files, or BED files and a genome, as token ids, one after another.

`Inputs` names the files. `Inputs.survey` reads all of them once, counts, and finds out whether FASTA headers have
labels; `Inputs.read` yields each `InputSequence`. `masked_sequences` and `read_masked_lines` read letters with
`<mask>`.
"""

from agront_data.sequences.input_files import InputFile, parse_files
from agront_data.sequences.input_sequence import InputSequence
from agront_data.sequences.inputs import Inputs, Survey
from agront_data.sequences.masked_sequences import MaskedSequence, masked_sequences, read_masked_lines
from agront_data.sequences.sequence_labels import LabelSplit, LabelType, label_names, split_labels

__all__ = [
    "InputFile",
    "InputSequence",
    "Inputs",
    "LabelSplit",
    "LabelType",
    "MaskedSequence",
    "Survey",
    "label_names",
    "masked_sequences",
    "parse_files",
    "read_masked_lines",
    "split_labels",
]
