"""Ten thousand damaged lines of a real VCF, from the file to scores and out again: no traceback, no lost record."""

import random
import re
from pathlib import Path

import numpy as np
import pytest
from agront_data.regions import ContigBases
from agront_data.variant_files import InfoField, open_variants, write_annotated
from agront_data.variants import VariantRow, VariantScoring
from agront_tokenizer import KmerTokenizer

EXAMPLES = Path(__file__).parents[2] / "examples"
NUM_LINES = 10_000
PIECES = [b"\t", b" ", b"\0", b",", b".", b"*", b"<DEL>", b"N", b"-", b"0", b"9" * 11, b"\xff", b"G]1:5]", b"", b"chr"]
# Where it is, and what: a column by its name, or a line that has no columns to name.
NAMED = re.compile(
    r"line \d+: ((CHROM|POS|REF|ALT) is |has \d+ columns|is a line of a header|.*columns|holds a zero byte)"
)


def damaged(draw, line):
    for _ in range(draw.choice([1, 1, 2, 3])):
        place = draw.randrange(len(line) + 1)
        piece = draw.choice(PIECES) if draw.random() < 0.8 else draw.randbytes(2).replace(b"\n", b"")
        line = line[:place] + piece + line[place + draw.choice([0, 1, 1, 6]) :]
    return line


def read(variants):
    """All records, or what is said of one that is none."""
    try:
        return list(variants.records()), None
    except ValueError as error:
        return [], str(error)


def even(rows, asked):
    """A model to which all tokens are alike."""
    return [np.full(len(pairs), -8.0) for pairs in asked]


@pytest.mark.slow
def test_each_is_an_error_with_its_line_or_a_record_with_a_score_or_a_reason(tmp_path):
    lines = (EXAMPLES / "accession_10001_on_AC007323.vcf").read_bytes().splitlines(keepends=True)
    first = next(number for number, line in enumerate(lines) if not line.startswith(b"#"))
    header, records = lines[:first], [line.rstrip(b"\n") for line in lines[first:]]
    genome = ContigBases(EXAMPLES / "genomes" / "arabidopsis_thaliana_chr1_bac_AC007323.fa.gz")
    scoring = VariantScoring(tokenizer=KmerTokenizer(), context=4, frames="central", scores=("llr",))
    draw, path, out = random.Random(14), tmp_path / "in.vcf", tmp_path / "out.vcf"
    errors, reasons = 0, {}
    for _ in range(NUM_LINES):
        line = damaged(draw, draw.choice(records))
        path.write_bytes(b"".join(header) + line + b"\n" + records[0] + b"\n")
        variants = open_variants(path)
        found, said = read(variants)
        if said is not None:
            assert said.startswith(f"{path}: line {first + 1}: ")
            assert NAMED.search(said), said
            errors += 1
            continue
        assert found[-1].content == records[0]
        rows = [
            VariantRow(number, record, record.contig if record.contig in genome.lengths else None, 1)
            for number, record in enumerate(found, 1)
        ]
        scored = scoring(rows, genome, even)
        for record, alleles in zip(found, scored, strict=True):
            assert len(alleles) == len(record.alternatives)
            for allele in alleles:
                assert bool(allele.scores) == (allele.reason is None)
                reasons[allele.reason] = reasons.get(allele.reason, 0) + 1
        entries = ({"AGRONT_REASON": ",".join(str(allele.reason) for allele in alleles)} for alleles in scored)
        out.unlink(missing_ok=True)
        write_annotated(out, out, variants, [InfoField("AGRONT_REASON", "A", "String", "Why")], [], entries)
        kept = [line for line in out.read_bytes().split(b"\n") if line and not line.startswith(b"#")]
        assert len(kept) == len(found)
        for after, record in zip(kept, found, strict=True):
            assert re.sub(rb";?AGRONT_REASON=[^;\t]*", b"", after) == record.content
    assert errors > NUM_LINES / 10
    assert {"ref_mismatch", "contig_unknown", "bad_allele", "symbolic", "missing_alt"} <= reasons.keys()
    assert reasons[None] > NUM_LINES / 2
