import gzip
import re
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from agront_data import GenomeStore
from agront_data.regions import Region, read_bed, read_regions, region_reader, tile_regions, whole_contigs
from hypothesis import given, settings
from hypothesis import strategies as st

Make = Callable[..., GenomeStore]
LETTERS = "ATCGN"
COMPLEMENT = str.maketrans("ATCGN", "TAGCN")


def letters(codes: np.ndarray) -> str:
    assert codes.dtype == np.uint8
    return "".join(LETTERS[code] for code in codes.tolist())


def write(path: Path, contents: str) -> Path:
    path.write_bytes(gzip.compress(contents.encode()) if path.suffix == ".gz" else contents.encode())
    return path


#              0         1         2
#              0123456789012345678901
CHR1, CHR2 = "ACGTTGCANNACCGGTTTAAAC", "GATTACA"
GENOME = ">chr1 the first\nACGTTGCANN\nacCggtTTAA\nAC\n>chr2\nGATTRca\n".replace("GATTRca", "GATTAca")


@pytest.fixture(params=["genome.fa", "genome.fa.gz", "store"])
def genome(request: pytest.FixtureRequest, tmp_path: Path, make_store: Make) -> Path | GenomeStore:
    if request.param == "store":
        # Soft-masked as in the file, and beside a genome with other contigs.
        return make_store({"rice": {"chr1": "ACGTTGCANNacCggtTTAAAC", "chr2": "GATTAca"}, "a": {"c": "TTTT"}})
    return write(tmp_path / request.param, GENOME)


@pytest.mark.parametrize(
    ("contig", "start", "end", "strand", "expected"),
    [
        ("chr1", 0, 1, "+", "A"),
        ("chr1", 0, 4, "+", "ACGT"),
        ("chr1", 1, 4, "+", "CGT"),
        ("chr1", 8, 12, "+", "NNAC"),
        ("chr1", 9, 11, "+", "NA"),
        ("chr1", 21, 22, "+", "C"),
        ("chr1", 0, 22, "+", "ACGTTGCANNACCGGTTTAAAC"),
        ("chr1", 0, 4, "-", "ACGT"),
        ("chr1", 1, 4, "-", "ACG"),
        ("chr1", 5, 9, "-", "NTGC"),
        ("chr1", 21, 22, "-", "G"),
        ("chr2", 0, 7, "+", "GATTACA"),
        ("chr2", 0, 7, "-", "TGTAATC"),
        ("chr2", 6, 7, "+", "A"),
    ],
)
def test_letters_by_hand(
    genome: Path | GenomeStore, contig: str, start: int, end: int, strand: str, expected: str
) -> None:
    [codes] = read_regions(genome, [Region("r", contig, start, end, strand)])
    assert letters(codes) == expected


def test_the_first_hundred_bases_of_a_bed_file_are_the_first_hundred(tmp_path: Path) -> None:
    sequence = "".join(np.random.default_rng(0).choice(list("ACGT"), 250))
    write(tmp_path / "g.fa", f">chr1\n{sequence}\n")
    (tmp_path / "r.bed").write_text("chr1\t0\t100\nchr1\t100\t200\nchr1\t99\t101\nchr1\t249\t250\n")
    found = [letters(codes) for codes in read_regions(tmp_path / "g.fa", read_bed(tmp_path / "r.bed"))]
    assert found == [sequence[:100], sequence[100:200], sequence[99:101], sequence[-1]]


def test_order_is_the_order_asked(genome: Path | GenomeStore) -> None:
    places = [("chr2", 4, 7), ("chr1", 10, 14), ("chr1", 0, 3), ("chr2", 0, 1), ("chr1", 2, 12), ("chr1", 10, 14)]
    found = read_regions(genome, (Region("r", *place) for place in places))
    assert [letters(codes) for codes in found] == ["ACA", "ACCG", "ACG", "G", "GTTGCANNAC", "ACCG"]


def test_no_regions(genome: Path | GenomeStore) -> None:
    assert list(read_regions(genome, [])) == []


def test_a_file_may_be_written_over_a_region(genome: Path | GenomeStore) -> None:
    first, again = read_regions(genome, [Region("r", "chr2", 0, 7)] * 2)
    first[:] = 4
    assert letters(again) == "GATTACA"


def test_whole_contigs(genome: Path | GenomeStore) -> None:
    species = "rice" if isinstance(genome, GenomeStore) else None
    contigs = whole_contigs(genome, species=species)
    assert contigs == [Region("chr1:0-22(+)", "chr1", 0, 22), Region("chr2:0-7(+)", "chr2", 0, 7)]
    tiles = read_regions(genome, tile_regions(contigs, 5))
    assert [letters(codes) for codes in tiles] == ["ACGTT", "GCANN", "ACCGG", "TTTAA", "AC", "GATTA", "CA"]


@pytest.mark.parametrize(
    ("region", "message"),
    [
        (
            Region("g", "chr1", 20, 23),
            r"region 'g' \(chr1:20-23\(\+\)\): ends at 23, but 'chr1' in .* has 22 bases; cut",
        ),
        (Region("g", "chr1", 40, 50), "ends at 50, but 'chr1' in .* has 22 bases"),
        (Region("g", "chr2", 0, 8, "-", "a.bed: line 3"), r"^a\.bed: line 3: region 'g' .*ends at 8, .* has 7 bases"),
        (Region("g", "chr2", 0, 10**15), "ends at 1000000000000000, but 'chr2' in .* has 7 bases"),
        (Region("g", "1", 0, 5), r"has no contig '1' \(meant: chr1\?\); it has .*chr1, chr2"),
        (Region("g", "Chr02", 0, 5), r"has no contig 'Chr02' \(meant: chr2\?\)"),
        (Region("g", "chromosome_1.1", 0, 5), r"has no contig 'chromosome_1\.1' \(meant: chr1\?\)"),
        (Region("g", "hcr1", 0, 5), "has no contig 'hcr1'; it has .*chr1, chr2"),
        (Region("g", "chrM", 0, 5), "has no contig 'chrM'; it has .*chr1, chr2"),
        (Region("g", "scaffold_77", 0, 5), "has no contig 'scaffold_77'; it has"),
        (Region("g", "chr1", 5, 5), "has no base"),
        (Region("g", "chr1", 9, 5), "starts after its end"),
        (Region("g", "chr1", -1, 5), "starts before the contig"),
        (Region("g", "chr1", 0, 5, "*"), "its strand must be"),  # type: ignore[arg-type]
    ],
)
def test_bad_regions(genome: Path | GenomeStore, region: Region, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        list(read_regions(genome, [Region("ok", "chr1", 0, 5), region, Region("ok", "chr2", 0, 2)]))


def test_the_first_bad_region_of_those_asked_is_named(genome: Path | GenomeStore) -> None:
    regions = [Region("ok", "chr1", 0, 5), Region("one", "x", 8, 9), Region("two", "x", 0, 1), Region("3", "y", 0, 1)]
    with pytest.raises(ValueError, match="region 'one'"):
        list(read_regions(genome, regions))


def test_what_is_wrong_is_said_at_the_call_where_it_is_known(tmp_path: Path, make_store: Make) -> None:
    store = make_store({"rice": {"chr1": "ACGT"}})
    with pytest.raises(ValueError, match="has no contig 'x'"):
        read_regions(store, [Region("r", "x", 0, 1)])
    with pytest.raises(FileNotFoundError, match=r"gone\.fa: no such file"):
        read_regions(tmp_path / "gone.fa", [])
    with pytest.raises(ValueError, match=r"is a folder; name a FASTA file, or open it with GenomeStore\.open"):
        read_regions(store.location, [])
    with pytest.raises(ValueError, match="has no base"):
        read_regions(write(tmp_path / "a.fa", GENOME), [Region("r", "chr1", 3, 3)])


def test_a_contig_of_several_genomes_needs_the_species(make_store: Make) -> None:
    store = make_store({"rice": {"chr1": "AAAA", "x": "CCCC"}, "maize": {"chr1": "GGGG"}})
    chr1, x = Region("r", "chr1", 0, 3), Region("r", "x", 0, 3)
    assert [letters(codes) for codes in read_regions(store, [x])] == ["CCC"]
    with pytest.raises(
        ValueError, match=r"'chr1' is a contig of several genomes in .* \(maize, rice\): name the species"
    ):
        read_regions(store, [x, chr1])
    assert [letters(codes) for codes in read_regions(store, [x, chr1], species="rice")] == ["CCC", "AAA"]
    assert [letters(codes) for codes in read_regions(store, [chr1], species="maize")] == ["GGG"]
    with pytest.raises(ValueError, match=r"has no contig 'x'; it has chr1"):
        read_regions(store, [x], species="maize")
    with pytest.raises(ValueError, match=r"has no genome 'Maize' \(meant: maize\?\); it has maize, rice"):
        read_regions(store, [chr1], species="Maize")
    with pytest.raises(ValueError, match=r"holds 2 genomes \(maize, rice\): name the species"):
        whole_contigs(store)


def test_a_fasta_file_has_no_species(tmp_path: Path) -> None:
    path = write(tmp_path / "a.fa", GENOME)
    with pytest.raises(ValueError, match="is a FASTA file, one genome: leave out the species 'rice'"):
        read_regions(path, [], species="rice")
    with pytest.raises(ValueError, match="leave out the species 'rice'"):
        whole_contigs(path, species="rice")


BAD_GENOMES = {
    "contig twice": (".fa", (GENOME + ">chr1 again\nACGT\n").encode(), "has two contigs named 'chr1'"),
    "contig twice running": (".fa", b">chr1\nACGT\n>chr1\nACGT\n>chr2\nGATTACA\n", "has two contigs named 'chr1'"),
    "protein": (".fa", (GENOME + ">p\nMEEP\n").encode(), "record 3 .*'E' at position 1"),
    "truncated": (".fa.gz", gzip.compress(GENOME.encode() + b">c\n" + b"ACGTTGCA\n" * 1000)[:-20], "truncated"),
    "empty": (".fa", b"", "holds no FASTA record"),
}


@pytest.mark.parametrize("case", BAD_GENOMES)
def test_bad_genomes_are_noticed_beyond_the_last_region_too(tmp_path: Path, case: str) -> None:
    suffix, contents, message = BAD_GENOMES[case]
    path = tmp_path / f"bad{suffix}"
    path.write_bytes(contents)
    with pytest.raises(ValueError, match=message) as error:
        list(read_regions(path, [Region("r", "chr1", 0, 3)]))
    assert str(error.value).startswith(f"{path}: ")
    with pytest.raises(ValueError, match=message):
        whole_contigs(path)


@st.composite
def genome_and_regions(draw: st.DrawFn) -> tuple[dict[str, str], list[Region]]:
    sequences = draw(st.lists(st.text("ACGTNacgtnRy", min_size=1, max_size=120), min_size=1, max_size=4))
    contigs = {f"c{i}": sequence for i, sequence in enumerate(sequences)}
    regions = []
    for name in draw(st.lists(st.sampled_from(sorted(contigs)), max_size=12)):
        start = draw(st.integers(0, len(contigs[name]) - 1))
        end = draw(st.integers(start + 1, len(contigs[name])))
        regions.append(Region("r", name, start, end, draw(st.sampled_from("+-"))))
    return contigs, regions


def sliced(contigs: dict[str, str], region: Region) -> str:
    sequence = re.sub("[^ACGT]", "N", contigs[region.contig].upper())[region.start : region.end]
    return sequence if region.strand == "+" else sequence[::-1].translate(COMPLEMENT)


@settings(max_examples=150)
@given(case=genome_and_regions(), block=st.integers(1, 50), width=st.integers(1, 60))
def test_a_fasta_file_reads_as_slices_of_its_sequences(
    tmp_path_factory: pytest.TempPathFactory, case: tuple[dict[str, str], list[Region]], block: int, width: int
) -> None:
    contigs, regions = case
    lines = []
    for name, sequence in contigs.items():
        lines += [f">{name}", *(sequence[i : i + width] for i in range(0, len(sequence), width))]
    path = tmp_path_factory.getbasetemp() / "slices.fa"
    path.write_text("\n".join(lines))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("agront_data.sequence_files.text_chunks._BLOCK_BYTES", block)
        found = [letters(codes) for codes in read_regions(path, regions)]
    assert found == [sliced(contigs, region) for region in regions]


@settings(max_examples=100)
@given(case=genome_and_regions(), batch=st.integers(1, 200))
def test_a_store_reads_as_slices_of_its_sequences(
    lay_out: Callable[..., GenomeStore], case: tuple[dict[str, str], list[Region]], batch: int
) -> None:
    contigs, regions = case
    contigs = {name: re.sub("[^ACGT]", "N", sequence.upper()) for name, sequence in contigs.items()}
    store = lay_out({"other": {"d": "ACGTACGT"}, "this": contigs})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(region_reader, "_BATCH_BASES", batch)
        found = [letters(codes) for codes in read_regions(store, regions)]
    assert found == [sliced(contigs, region) for region in regions]


def test_the_chloroplasts_inverted_repeats_are_each_others_reverse_complement() -> None:
    """RefSeq NC_000932.1: bases 84,171–110,434 and 128,215–154,478, counted from 1."""
    path = Path(__file__).parents[3] / "examples/genomes/arabidopsis_thaliana_chloroplast_NC_000932.fa.gz"
    if not path.is_file():
        pytest.skip("the example genomes (examples/genomes) are not here")
    [contig] = whole_contigs(path)
    assert contig.end == 154_478
    first, second = (Region("IR", contig.contig, *place) for place in ((84_170, 110_434, "+"), (128_214, 154_478, "-")))
    one, other, beyond = read_regions(path, [first, second, first._replace(start=84_169)])
    assert one.tolist() == other.tolist()
    assert beyond[1:].tolist() == one.tolist()
    shifted = [
        codes.tolist() for codes in read_regions(path, [second._replace(start=128_213), second._replace(end=154_477)])
    ]
    assert one.tolist() not in shifted


def test_contigs_longer_than_a_block_are_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agront_data.sequence_files.text_chunks._BLOCK_BYTES", 5)
    assert [(region.contig, region.end) for region in whole_contigs(write(tmp_path / "a.fa", GENOME))] == [
        ("chr1", 22),
        ("chr2", 7),
    ]


def test_a_store_is_read_in_batches_of_bounded_size(
    lay_out: Callable[..., GenomeStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = lay_out({"g": {"c": "ACGTACGTACGT"}})
    shapes, read_windows = [], GenomeStore.read_windows

    def spy(*arguments: object, **options: object) -> np.ndarray:
        windows = read_windows(*arguments, **options)  # type: ignore[arg-type]
        shapes.append(windows.shape)
        return windows

    monkeypatch.setattr(GenomeStore, "read_windows", spy)
    monkeypatch.setattr(region_reader, "_BATCH_BASES", 8)
    sizes = [1, 2, 2, 3, 12, 4, 4, 1, 8]
    kept = list(read_regions(store, [Region("r", "c", 0, size) for size in sizes]))
    assert [codes.size for codes in kept] == sizes
    assert shapes == [(3, 2), (1, 3), (1, 12), (2, 4), (1, 1), (1, 8)]
    assert [codes.size if codes.base is None else codes.base.size for codes in kept] == sizes


def test_memory_is_that_of_the_regions_that_wait(tmp_path: Path) -> None:
    size = 12_000_000
    with (tmp_path / "large.fa").open("wb") as file:
        file.write(b">chr1\n" + b"ACGTTGCATC" * (size // 10) + b"\n")
    tiles = list(tile_regions([Region("c", "chr1", 0, size)], 6_000))

    def peak(regions: list[Region]) -> int:
        tracemalloc.start()
        read = sum(codes.size for codes in read_regions(tmp_path / "large.fa", regions))
        assert read == sum(region.end - region.start for region in regions)
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return highest

    in_file_order, backwards = peak(tiles), peak(tiles[::-1])
    assert in_file_order < 4_000_000
    assert size < backwards < size + 6_000_000
