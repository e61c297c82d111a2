import os
from pathlib import Path

import pysam
import pytest
from agront_data import InputWarning
from agront_data.variant_files import check_annotated_output, open_variants, write_annotated
from variant_texts import HEADER, LLR, NAMES, write_vcf

SORTED = (
    b"chr2\t5\t.\tA\tG\t.\t.\t.\nchr2\t5\t.\tA\tT\t.\t.\t.\nchr1\t3\t.\tA\tG\t.\t.\tDP=3\nchr1\t900\t.\tA\tG\t.\t.\t.\n"
)
UNSORTED = {
    "position": b"chr1\t5\t.\tA\tG\t.\t.\t.\nchr1\t4\t.\tA\tG\t.\t.\t.\n",
    "contigs": b"chr1\t5\t.\tA\tG\t.\t.\t.\nchr2\t4\t.\tA\tG\t.\t.\t.\nchr1\t6\t.\tA\tG\t.\t.\t.\n",
}


def write(path, ending, annotations=None):
    source = open_variants(path)
    whole = path.with_name("whole.x")
    count = sum(1 for _ in source.records())
    entries = [{"LLR": "0.5"}] * count if annotations is None else annotations
    return whole, write_annotated(whole, Path(f"out{ending}"), source, [LLR], [], iter(entries))


@pytest.mark.parametrize(("ending", "index"), [(".vcf", None), (".vcf.gz", ".tbi"), (".bcf", ".csi")])
def test_sorted_records_are_indexed(tmp_path, ending, index):
    whole, is_sorted = write(write_vcf(tmp_path, SORTED), ending)
    assert is_sorted
    assert {path.name for path in tmp_path.iterdir()} == {"a.vcf", "whole.x", *([f"whole.x{index}"] if index else [])}
    if index:
        with pysam.VariantFile(str(whole), index_filename=f"{whole}{index}") as file:
            assert [(r.chrom, r.pos, r.info["LLR"]) for r in file.fetch("chr1", 800, 1000)] == [("chr1", 900, (0.5,))]
            assert len(list(file.fetch("chr2"))) == 2


@pytest.mark.parametrize("lines", UNSORTED.values(), ids=UNSORTED)
@pytest.mark.parametrize("ending", [".vcf", ".vcf.gz", ".bcf"])
def test_records_that_are_not_sorted_are_not_indexed(tmp_path, lines, ending):
    whole, is_sorted = write(write_vcf(tmp_path, lines), ending)
    assert not is_sorted
    assert {path.name for path in tmp_path.iterdir()} == {"a.vcf", "whole.x"}
    assert len(list(open_variants(whole).records())) == lines.count(b"\n")


@pytest.mark.parametrize(
    ("header", "line"),
    [
        (HEADER.replace(b"1000", b"700000000"), b"chr1\t5\t.\tA\tG\t.\t.\t.\n"),
        (HEADER, b"chr1\t600000000\t.\tA\tG\t.\t.\t.\n"),
        (HEADER, b"chr1\t5\t.\tA\t<DEL>\t.\t.\tEND=700000000\n"),
    ],
    ids=["declared", "position", "end"],
)
def test_a_contig_too_long_for_tabix_gets_another_index(tmp_path, header, line):
    (tmp_path / "a.vcf").write_bytes(header + NAMES + line)
    whole, is_sorted = write(tmp_path / "a.vcf", ".vcf.gz")
    assert is_sorted
    assert {path.name for path in tmp_path.iterdir()} == {"a.vcf", "whole.x", "whole.x.csi"}
    with pysam.VariantFile(str(whole), index_filename=f"{whole}.csi") as file:
        assert len(list(file.fetch("chr1"))) == 1


def test_a_telomere_is_indexed(tmp_path, capfd):
    assert write(write_vcf(tmp_path, b"chr1\t0\t.\tN\t.\t.\t.\t.\nchr1\t1\t.\tA\tG\t.\t.\t.\n"), ".vcf.gz")[1]
    assert capfd.readouterr() == ("", "")


def test_a_position_beyond_its_contig_is_kept_and_not_indexed(tmp_path):
    path = write_vcf(tmp_path, b"chr1\t5\t.\tA\tG\t.\t.\t.\nchr1\t500000\t.\tA\tG\t.\t.\t.\n")
    with pytest.warns(InputWarning, match=r"a\.vcf: the output gets no index.*beyond the length that the header gives"):
        whole, is_sorted = write(path, ".bcf")
    assert not is_sorted
    assert {path.name for path in tmp_path.iterdir()} == {"a.vcf", "whole.x"}
    assert [record.position for record in open_variants(whole).records()] == [4, 499_999]


@pytest.mark.parametrize("ending", [".vcf", ".vcf.gz", ".bcf"])
@pytest.mark.parametrize(
    ("count", "said"), [(3, "has more than the 3 records"), (5, "has 4 records, fewer than those")]
)
@pytest.mark.parametrize("from_bcf", [False, True])
def test_as_many_annotations_as_records(tmp_path, ending, count, said, from_bcf):
    path = write_vcf(tmp_path, SORTED)
    if from_bcf:
        path = write(path, ".bcf", [{}] * 4)[0].rename(tmp_path / "a.bcf")
        path = write_without_field(path)
    with pytest.raises(ValueError, match=rf"{said}.*an input changed while it was read; give the same command again"):
        write(path, ending, [{"LLR": "0.5"}] * count)


def write_without_field(path):
    """The same BCF file, whose header does not declare LLR."""
    with pysam.VariantFile(str(path)) as source:
        source.header.info.remove_header("LLR")
        with pysam.VariantFile(str(path.with_name("b.bcf")), "wb", header=source.header) as target:
            for record in source:
                target.write(record)
    return path.with_name("b.bcf")


def test_endings(tmp_path):
    source = open_variants(write_vcf(tmp_path, SORTED))
    for name in ("a.vcf", "a.b.vcf.gz", "a.bcf"):
        check_annotated_output(tmp_path / name, source, [LLR])
    for name in ("a.gz", "a.vcf.bz2", "a.tsv", "vcf"):
        with pytest.raises(
            ValueError, match=rf"{name}: its ending says the format; give one of \.vcf, \.vcf\.gz, \.bcf"
        ):
            check_annotated_output(tmp_path / name, source, [LLR])
    assert {path.name for path in tmp_path.iterdir()} == {"a.vcf"}


def test_a_table_does_not_become_vcf(tmp_path):
    (tmp_path / "a.tsv").write_text("chrom\tpos\tref\talt\n")
    source = open_variants(tmp_path / "a.tsv")
    said = r"out\.vcf: cannot be written, since .*a\.tsv is a table.*name a \.tsv or \.parquet"
    with pytest.raises(ValueError, match=said):
        check_annotated_output(tmp_path / "out.vcf", source, [LLR])
    with pytest.raises(ValueError, match=said):
        write_annotated(tmp_path / "whole", tmp_path / "out.vcf", source, [LLR], [], iter([]))


@pytest.mark.parametrize("ending", [".vcf", ".bcf"])
def test_a_field_that_is_there_already(tmp_path, ending):
    whole, _ = write(write_vcf(tmp_path, SORTED), ending)
    said = r"whole\.x: has INFO/LLR already; remove it first: bcftools annotate -x INFO/LLR OLD > NEW"
    with pytest.raises(ValueError, match=said):
        check_annotated_output(tmp_path / "out.vcf", open_variants(whole), [LLR])
    with pytest.raises(ValueError, match=said):
        write(whole, ".vcf")


@pytest.mark.parametrize("ending", [".vcf", ".vcf.gz", ".bcf"])
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # pysam closes a second time
def test_a_full_disk_is_an_error_of_the_system(tmp_path, full_disk, ending):
    noise = b"".join(b"chr1\t%d\t.\tA\tG\t.\t.\tNOTE=%s\n" % (n, os.urandom(300).hex().encode()) for n in range(1, 900))
    path = write_vcf(tmp_path, noise)
    with full_disk(100_000), pytest.raises(OSError, match=r"whole\.x cannot be written|File too large"):
        write(path, ending)


@pytest.mark.parametrize("ending", [".vcf", ".vcf.gz", ".bcf"])
def test_a_damaged_record_in_the_middle(tmp_path, ending):
    source = open_variants(write_vcf(tmp_path, SORTED + b"chr1\t900\n"))
    with pytest.raises(ValueError, match=r"a\.vcf: line 14: has 2 columns"):
        write_annotated(tmp_path / "whole", tmp_path / f"out{ending}", source, [LLR], [], iter([{}] * 5))
