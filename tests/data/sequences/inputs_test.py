import gzip

import pytest
from agront_data import ingest_genomes
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


def test_records_come_one_after_another_with_their_labels(tmp_path):
    first, second = tmp_path / "rice.fa", tmp_path / "b.fa.gz"
    first.write_text(">a|1|0.5 of some gene\nACGTacgt\nNNR\n>a\nAC\n")  # an id may occur twice
    second.write_bytes(gzip.compress(b">lcl|NC_1.1_gene_2\r\nGGGG\r\n"))
    found = read([first, f"maize={second}"])
    assert places(found) == [
        ("a", "rice", "a", 0, 11, "+"),
        ("a", "rice", "a", 0, 2, "+"),
        ("lcl|NC_1.1_gene_2", "maize", "lcl|NC_1.1_gene_2", 0, 4, "+"),
    ]
    assert [each.labels for each in found] == [("1", "0.5"), (), ()]
    assert [letters(each) for each in found] == ["ACGTACGTNNN", "AC", "GGGG"]


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
        ingest_genomes({"some_genome": [path]}, tmp_path / "store", workers=1)
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
    with pytest.raises(ValueError, match="several genomes"):
        read([bed], genome=str(tmp_path / "store"))


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
    path.write_text(">a|1|x\nACGTACGT\n>b|0\nACGTAC\n")
    survey = Inputs(files=parse_files([str(path)])).survey(KmerTokenizer())
    assert survey == Survey(num_sequences=2, num_tokens=6, most_tokens=4, label_types=("int64", "string"))


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ([], {}, "no input is named"),
        (["a.fa", "rice=a.fa"], {}, "a.fa is given twice"),
        (["a=a.fa", "./a.fa"], {}, "a.fa is given twice"),
        (["a.bed.gz"], {}, r"a.bed.gz names places only: give the genome .* --genome"),
        (["a.fa"], {"step": 5}, "--step .* --tile"),
        (["a.fa"], {"tile": 0}, "length must be at least 1"),
        (["a.fa"], {"tile": 5, "step": 6}, "a step of 6 bases"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_read(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        Inputs(files=parse_files(arguments), **options)
