import gzip
import os

import pytest
from agront_data import InputWarning, ingest_genomes
from agront_data.sequences import Inputs, Survey, parse_files
from agront_tokenizer import KmerTokenizer, Vocabulary

COMPLEMENT = str.maketrans("ACGTN", "TGCAN")


def read(paths, **options):
    return list(Inputs(files=parse_files([str(path) for path in paths]), **options).read(KmerTokenizer()))


def letters(sequence):
    return KmerTokenizer().decode(sequence.tokens)


def places(sequences):
    return [(each.id, each.species, each.contig, each.start, each.end, each.strand) for each in sequences]


def test_a_bed_file_by_another_name_is_told_what_it_needs(tmp_path):
    path = tmp_path / "peaks.txt"
    path.write_text("chr1\t0\t10\n")
    with pytest.raises(ValueError, match=r"peaks.txt: is not FASTA.*If it is a BED file, give the genome .*--genome"):
        read([path])
    path.write_text("##gff-version 3\nchr1\tx\tgene\t1\t10\t.\t+\t.\tID=a\n")
    with pytest.raises(ValueError, match=r"peaks.txt: .*looks like GFF or GTF.* make BED of GFF, .* first \(gff2bed"):
        read([path])


def test_records_come_one_after_another_with_their_labels(tmp_path):
    first, second = tmp_path / "rice.fa", tmp_path / "b.fa.gz"
    first.write_text(">a|1|0.5 of some gene\nACGTacgt\nNNR\n>a\nAC\n")
    second.write_bytes(gzip.compress(b">lcl|NC_1.1_gene_2\r\nGGGG\r\n"))
    inputs = Inputs(files=parse_files([str(first), f"maize={second}"]))
    found = list(inputs.read(KmerTokenizer(), split_labels=True))
    assert places(found) == [
        ("a", "rice", "a|1|0.5", 0, 11, "+"),
        ("a", "rice", "a", 0, 2, "+"),
        ("lcl|NC_1.1_gene_2", "maize", "lcl|NC_1.1_gene_2", 0, 4, "+"),
    ]
    assert [each.labels for each in found] == [("1", "0.5"), (), ()]
    assert [letters(each) for each in found] == ["ACGTACGTNNN", "AC", "GGGG"]
    whole = list(inputs.read(KmerTokenizer()))
    assert [(each.id, each.contig, each.labels) for each in whole] == [
        (name, name, ()) for name in ("a|1|0.5", "a", "lcl|NC_1.1_gene_2")
    ]


def test_tiles_of_different_records_have_different_ids_whatever_is_in_their_names(tmp_path):
    path = tmp_path / "ena.fa"
    path.write_text(">ENA|LR1|LR1.1 chr 1\nACGTAC\n>ENA|LR2|LR2.1\nACGTAC\n>x|1\nACGTAC\n>x|2\nACG\n")
    inputs = Inputs(files=parse_files([str(path)]), tile=3)
    for split in (False, True):
        found = [each.id for each in inputs.read(KmerTokenizer(), split_labels=split)]
        assert found == [
            *("ENA|LR1|LR1.1:0-3(+)", "ENA|LR1|LR1.1:3-6(+)", "ENA|LR2|LR2.1:0-3(+)", "ENA|LR2|LR2.1:3-6(+)"),
            *("x|1:0-3(+)", "x|1:3-6(+)", "x|2:0-3(+)"),
        ]


def test_a_contig_has_one_name_in_a_fasta_file_and_by_bed(tmp_path):
    path, bed = tmp_path / "arrow.fa", tmp_path / "arrow.bed"
    path.write_text(">000000F|arrow\nACGTAC\n>000001F|arrow\nGGGG\n")
    bed.write_text("000000F|arrow\t0\t6\n")
    assert [each.contig for each in read([path])] == ["000000F|arrow", "000001F|arrow"]
    assert [each.contig for each in read([bed], genome=str(path))] == ["000000F|arrow"]


def test_a_record_of_several_blocks_is_one_sequence(tmp_path, random_dna):
    long = random_dna(3, 600_000)
    path = tmp_path / "a.fa"
    path.write_text(f">a\n{long}\n>a\nACGT\n>b\n{long.lower()}\n")
    found = read([path])
    assert [(each.id, each.end) for each in found] == [("a", 600_000), ("a", 4), ("b", 600_000)]
    assert letters(found[0]) == letters(found[2]) == long
    assert [each.start for each in read([path], tile=250_000)] == [0, 250_000, 500_000, 0, 0, 250_000, 500_000]


def test_the_tokenizer_is_the_caller_s(tmp_path):
    path = tmp_path / "a.fa"
    path.write_text(">a\nACGTACGTAC\n")
    tokenizer = KmerTokenizer(Vocabulary(k=4))
    [found] = Inputs(files=parse_files([str(path)])).read(tokenizer)
    assert tokenizer.tokenize("ACGTACGTAC") == ["ACGT", "ACGT", "A", "C"]
    assert found.tokens.tolist() == tokenizer.encode("ACGTACGTAC").tolist()


def test_tokens_are_the_tokenizer_s_whatever_is_tokenized_with_them(tmp_path, random_dna):
    sequences = {f"s{i}": random_dna(i, 1 + 37 * i % 400) + "N" * (i % 3) + random_dna(i, i % 9) for i in range(600)}
    path = tmp_path / "many.fa"
    path.write_text("".join(f">{name}\n{sequence}\n" for name, sequence in sequences.items()))
    found = read([path])
    assert [each.id for each in found] == list(sequences)
    for each in found:
        assert each.tokens.tolist() == KmerTokenizer().encode(sequences[each.id]).tolist()


@pytest.fixture
def genome(tmp_path, random_dna, write_fasta):
    contigs = {"chr1": random_dna(1, 900), "chr2": random_dna(2, 300) + "N" * 40 + random_dna(3, 60)}
    return write_fasta(tmp_path / "genome.fa", **contigs), contigs


BED = "chr2\t290\t345\tgene_a\t7\t-\nchr1\t0\t10\t.\t0\t.\nchr1\t890\t900\tgene_b\t0\t+\nchr2\t290\t345\tgene_a\t7\t+\n"


@pytest.mark.parametrize("kind", ["fasta", "store"])
def test_regions_of_a_bed_file(kind, tmp_path, genome):
    path, contigs = genome
    bed = tmp_path / "rice.bed"
    bed.write_text(BED)
    if kind == "store":
        ingest_genomes({"rice": [path]}, tmp_path / "store", workers=1)
        path = tmp_path / "store"
    found = read([bed], genome=str(path))
    assert places(found) == [
        ("gene_a", "rice", "chr2", 290, 345, "-"),
        ("chr1:0-10(+)", "rice", "chr1", 0, 10, "+"),
        ("gene_b", "rice", "chr1", 890, 900, "+"),
        ("gene_a", "rice", "chr2", 290, 345, "+"),
    ]
    assert [letters(each) for each in found] == [
        contigs["chr2"][290:345].translate(COMPLEMENT)[::-1],
        contigs["chr1"][:10],
        contigs["chr1"][890:],
        contigs["chr2"][290:345],
    ]


def test_the_name_given_with_a_bed_file_chooses_the_genome_of_a_store(tmp_path, write_fasta):
    files = {
        name: [write_fasta(tmp_path / f"{name}.fa", chr1=bases)] for name, bases in (("a", "ACGTAC"), ("b", "GGGGGG"))
    }
    ingest_genomes(files, tmp_path / "store", workers=1)
    bed = tmp_path / "genes.bed"
    bed.write_text("chr1\t1\t5\n")
    assert [letters(each) for each in read([f"b={bed}"], genome=str(tmp_path / "store"))] == ["GGGG"]
    with (
        pytest.warns(InputWarning, match="has no genome 'genes'; regions are looked up in all"),
        pytest.raises(ValueError, match=r"several genomes .*SPECIES=FILE\.bed"),
    ):
        read([bed], genome=str(tmp_path / "store"))


@pytest.mark.parametrize(("name", "meant"), [("A", r" \(meant: a\?\)"), ("c", "")])
def test_a_name_that_is_given_must_be_in_the_store(name, meant, tmp_path, write_fasta):
    files = {"a": [write_fasta(tmp_path / "a.fa", chr1="ACGTAC")], "b": [write_fasta(tmp_path / "b.fa", chr2="GGGGGG")]}
    ingest_genomes(files, tmp_path / "store", workers=1)
    bed = tmp_path / "genes.bed"
    bed.write_text("chr2\t1\t5\n")
    with pytest.raises(ValueError, match=rf"store: has no genome '{name}'{meant}; it has a, b$"):
        read([f"{name}={bed}"], genome=str(tmp_path / "store"))
    said = r"genes\.bed: .*store has no genome 'genes'; .* \(a, b\)\. To name one, give SPECIES=.*genes\.bed$"
    with pytest.warns(InputWarning, match=said):  # chr2 is b's alone
        assert [letters(each) for each in read([bed], genome=str(tmp_path / "store"))] == ["GGGG"]


def test_blocks_are_said_not_to_be_joined(tmp_path, genome):
    path, contigs = genome
    bed = tmp_path / "tx.bed"
    exons = "0\t2\t5,5,\t0,85,"
    bed.write_text(f"chr1\t0\t90\ttx1\t0\t+\t0\t90\t{exons}\nchr1\t5\t9\ttx2\t0\t+\t5\t9\t0\t1\t4,\t0,\n")
    with pytest.warns(InputWarning, match=r"tx\.bed: exons were not joined: 1 of 2 regions .*bedtools getfasta"):
        found = read([bed], genome=str(path))
    assert [letters(each) for each in found] == [contigs["chr1"][:90], contigs["chr1"][5:9]]


def test_a_pipe_is_refused_before_anything_is_read(tmp_path, genome):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match="pipe: is a pipe, and this job reads its input more than once"):
        read([tmp_path / "pipe"])
    with pytest.raises(ValueError, match="pipe: is a pipe"):
        read([tmp_path / "a.bed"], genome=str(tmp_path / "pipe"))


def test_tiles_of_whole_contigs_leave_out_those_of_n_alone(tmp_path, genome):
    path, contigs = genome
    found = read([path], tile=20, step=20)
    chr2 = [each for each in found if each.contig == "chr2"]
    assert [each.start for each in chr2] == [*range(0, 300, 20), 340, 360, 380]
    assert "".join(letters(each) for each in found if each.contig == "chr1") == contigs["chr1"]
    assert found[1].id == "chr1:20-40(+)"


def test_tiles_overlap_by_a_step(tmp_path, genome):
    path, contigs = genome
    found = [each for each in read([path], tile=400, step=300) if each.contig == "chr1"]
    assert [(each.start, each.end) for each in found] == [(0, 400), (300, 700), (600, 900)]
    assert [letters(each) for each in found] == [contigs["chr1"][each.start : each.end] for each in found]


def test_tiles_of_regions_follow_their_strand(tmp_path, genome):
    path, contigs = genome
    bed = tmp_path / "a.bed"
    bed.write_text("chr1\t100\t130\tgene\t0\t-\n")
    found = read([bed], genome=str(path), tile=20)
    assert "".join(letters(each) for each in found) == contigs["chr1"][100:130].translate(COMPLEMENT)[::-1]
    assert [(each.start, each.end) for each in found] == [(110, 130), (100, 110)]


def test_a_survey_counts_and_finds_types(tmp_path):
    path = tmp_path / "a.fa"
    path.write_text(">a|1|0.5\nACGTACGT\n>b|0|2\nACGTAC\n")
    inputs = Inputs(files=parse_files([str(path)]))
    numbers = {"num_sequences": 2, "num_tokens": 6, "most_tokens": 4}
    split = {
        "split_labels": True,
        "label_types": ("int64", "float64"),
        "label_note": "2 columns from headers such as 'a|1|0.5'",
    }
    assert inputs.survey(KmerTokenizer()) == inputs.survey(KmerTokenizer(), "split") == Survey(**numbers, **split)
    assert inputs.survey(KmerTokenizer(), "none")[:5] == (2, 6, 4, False, ())


def test_two_files_with_the_same_ids_are_not_split_unless_one_asks(tmp_path):
    (tmp_path / "train.fa").write_text(">0|1\nACG\n>1|0\nACG\n")
    (tmp_path / "test.fa").write_text(">0|0\nACG\n>1|0\nACG\n")
    inputs = Inputs(files=parse_files([str(tmp_path / "train.fa"), str(tmp_path / "test.fa")]))
    assert not inputs.survey(KmerTokenizer()).split_labels
    assert inputs.survey(KmerTokenizer(), "split").label_types == ("int64",)


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ([], {}, "no input is named"),
        (["a.fa", "rice=a.fa"], {}, "a.fa is given twice"),
        (["a=a.fa", "./a.fa"], {}, "a.fa is given twice"),
        (["a.bed.gz"], {}, r"a.bed.gz names places only: give the genome .* --genome"),
        (["a.fa"], {"step": 5}, "--step .* --tile"),
        (["a.fa"], {"tile": 5, "step": 6}, "`step` is 6: it must be 1 to 5, the `tile`, or bases would be left out"),
        (["a.fa"], {"tile": 0}, "`tile` is 0: a tile has at least 1 base"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_read(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        Inputs(files=parse_files(arguments), **options)
