"""A program: VCF on standard input to a BCF file, `python bcf_conversion.py FILE`. Needs pysam and nothing of agront.

It is a process of its own since htslib says on standard error, and nowhere else, what it does not understand.
"""

import sys

import pysam


def convert(out: str) -> int:
    """Writes standard input to a BCF file, and returns the number of records."""
    pysam.set_verbosity(3)
    pysam.set_encoding_error_handler("surrogateescape")
    num_records = 0
    with pysam.VariantFile("-") as source, pysam.VariantFile(out, "wb", header=source.header) as target:
        for record in source:
            target.write(record)
            num_records += 1
    return num_records


if __name__ == "__main__":
    try:
        sys.stdout.write(f"{convert(sys.argv[1])}\n")
    except Exception as error:
        sys.exit(f"{type(error).__name__}: {error}")
