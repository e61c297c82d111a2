"""A program: VCF on standard input to a BCF file, `python bcf_conversion.py FILE`. Needs pysam and nothing of agront.

It is a process of its own since htslib says on standard error, and nowhere else, what it does not understand.
"""

import sys

import pysam.bcftools

if __name__ == "__main__":
    try:
        pysam.bcftools.view("--no-version", "--output-type", "b", "--output", sys.argv[1], "-", catch_stdout=False)
    except pysam.SamtoolsError as error:
        sys.exit(f"{error}")
