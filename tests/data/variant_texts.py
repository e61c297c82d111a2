"""Small VCF files, and the field that is added to them: what the tests of files of variants share."""

from pathlib import Path

from agront_data.variant_files import InfoField

HEADER = (
    b"##fileformat=VCFv4.2\n"
    b'##FILTER=<ID=q10,Description="low">\n'
    b"##contig=<ID=chr1,length=1000>\n"
    b"##contig=<ID=chr2,length=900>\n"
    b'##INFO=<ID=DP,Number=1,Type=Integer,Description="depth">\n'
    b'##INFO=<ID=AF,Number=A,Type=Float,Description="frequency">\n'
    b'##INFO=<ID=NOTE,Number=1,Type=String,Description="note">\n'
    b'##FORMAT=<ID=GT,Number=1,Type=String,Description="genotype">\n'
)
NAMES = b"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
NAMES_OF_TWO = NAMES.rstrip() + b"\tFORMAT\tS1\tS2\n"

LLR = InfoField("LLR", "A", "Float", "ratio")
LLR_LINE = b'##INFO=<ID=LLR,Number=A,Type=Float,Description="ratio">'


def write_vcf(folder: Path, lines: bytes, *, names: bytes = NAMES, name: str = "a.vcf") -> Path:
    (folder / name).write_bytes(HEADER + names + lines)
    return folder / name
