import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from agront_data import BaseCounts, Contig, GenomeStore, ingest_genomes
from agront_data.store import layout
from hypothesis import given, settings
from hypothesis import strategies as st

CODES = {letter: min(index, 4) for index, letter in enumerate("ATCGNRYSWKMBDHV")}
CODES |= {letter.lower(): code + 8 for letter, code in CODES.items()}
Make = Callable[..., GenomeStore]

TWO_GENOMES = {"rice": {"c1": "ACGTNNNNacgt", "c2": "NNRAT"}, "maize": {"c1": "TTnnA"}}


def codes(sequence: str) -> list[int]:
    return [CODES[letter] for letter in sequence]


def read(store: GenomeStore, genome: int, start: int, length: int, **options: bool) -> list[int]:
    return store.read_windows(np.array([genome]), np.array([start]), np.array([length]), length, **options)[0].tolist()


def test_contents_of_a_store(make_store: Make) -> None:
    store = make_store(TWO_GENOMES)
    maize, rice = store.genomes
    assert [genome.name for genome in store.genomes] == ["maize", "rice"]
    assert rice.contigs == (Contig("c1", 0, 12), Contig("c2", 12, 5))
    assert rice.contig_starts.tolist() == [0, 12]
    assert (rice.length, maize.length, store.num_bases) == (17, 5, 22)
    assert rice.counts == BaseCounts(A=3, T=3, C=2, G=2, N=7, soft_masked=4)
    assert maize.counts == BaseCounts(A=1, T=2, C=0, G=0, N=2, soft_masked=2)
    assert rice.contig_counts[1] == BaseCounts(A=1, T=1, C=0, G=0, N=3, soft_masked=0)
    assert (rice.counts.length, rice.counts.gc) == (17, 0.4)
    assert store.n_runs(1).tolist() == [[4, 8], [12, 15]]
    assert store.n_runs(0).tolist() == [[2, 4]]
    assert read(store, 1, 0, 17, keep_soft_mask=True) == codes("ACGTNNNNacgtNNRAT")
    assert read(store, 1, 0, 17) == [code & 7 for code in codes("ACGTNNNNacgtNNRAT")]


def test_runs_of_n_end_with_their_contig(make_store: Make) -> None:
    store = make_store({"g": {"a": "ACNN", "b": "NNNA", "c": "NN"}})
    assert store.n_runs(0).tolist() == [[2, 4], [4, 7], [8, 10]]


def test_windows_are_filled_to_the_right(make_store: Make) -> None:
    store = make_store(TWO_GENOMES)
    windows = store.read_windows(np.array([1, 0, 1]), np.array([10, 0, 0]), np.array([7, 5, 1]), 8)
    assert windows.dtype == np.uint8
    assert windows.tolist() == [
        [3, 1, 4, 4, 4, 0, 1, 5],
        [1, 1, 4, 4, 0, 5, 5, 5],
        [0, 5, 5, 5, 5, 5, 5, 5],
    ]
    assert store.read_windows(np.array([], int), np.array([], int), np.array([], int), 8).shape == (0, 8)


@pytest.mark.parametrize(
    ("genome", "start", "length"), [(0, -1, 3), (0, 3, 3), (2, 0, 1), (-1, 0, 1), (0, 0, 5), (0, 0, 0)]
)
def test_windows_outside_are_refused(make_store: Make, genome: int, start: int, length: int) -> None:
    store = make_store({"a": {"c": "ACGTA"}, "b": {"c": "A"}})
    with pytest.raises(ValueError, match=f"no window of {length} bases at {start} of genome {genome}"):
        store.read_windows(np.array([genome]), np.array([start]), np.array([length]), 4)


@settings(max_examples=20)
@given(data=st.data(), sequences=st.lists(st.text("ACGTNacgtnRy", min_size=1, max_size=90), min_size=1, max_size=4))
def test_round_trip_over_many_shards(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, sequences: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("shards")
    (folder / "g.fa").write_text("".join(f">c{i}\n{sequence}\n" for i, sequence in enumerate(sequences)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layout, "SHARD_BASES", 32)
        patch.setattr(layout, "CHUNK_BASES", 8)
        patch.setattr("agront_data.sequence_files.text_chunks._BLOCK_BYTES", data.draw(st.integers(1, 40)))
        store = ingest_genomes({"g": [folder / "g.fa"]}, folder / "store")
    text = "".join(sequences)
    ends = np.cumsum([len(sequence) for sequence in sequences])
    n_runs = [
        [start + run.start(), start + run.end()]
        for start, sequence in zip(ends - [len(s) for s in sequences], sequences, strict=True)
        for run in re.finditer("[NnRy]+", sequence)
    ]
    assert read(store, 0, 0, len(text), keep_soft_mask=True) == codes(text)
    assert store.n_runs(0).tolist() == n_runs
    start = data.draw(st.integers(0, len(text) - 1))
    length = data.draw(st.integers(1, len(text) - start))
    assert read(store, 0, start, length) == [code & 7 for code in codes(text[start : start + length])]


def test_fingerprint_is_the_documented_hash(make_store: Make) -> None:
    store = make_store(TWO_GENOMES)
    genomes = {}
    for genome, contigs in TWO_GENOMES.items():
        digests = {name: hashlib.sha256(bytes(codes(text))).hexdigest() for name, text in contigs.items()}
        table = "".join(f"{name}\0{len(text)}\0{digests[name]}\n" for name, text in contigs.items())
        genomes[genome] = hashlib.sha256(table.encode()).hexdigest()
    lines = "".join(f"{name}\0{genomes[name]}\n" for name in sorted(genomes))
    assert store.fingerprint == hashlib.sha256(lines.encode()).hexdigest()


def test_fingerprint_follows_contents_alone(make_store: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fingerprint = make_store(TWO_GENOMES, "first").fingerprint
    assert make_store(dict(reversed(TWO_GENOMES.items())), "other_order").fingerprint == fingerprint
    monkeypatch.setattr(layout, "SHARD_BASES", 8)
    monkeypatch.setattr(layout, "CHUNK_BASES", 4)
    assert make_store(TWO_GENOMES, "other_chunks").fingerprint == fingerprint
    changes = {
        "base": {"rice": {"c1": "ACGTNNNNacgt", "c2": "NNRAA"}, "maize": {"c1": "TTnnA"}},
        "case": {"rice": {"c1": "ACGTNNNNacgt", "c2": "NNRAt"}, "maize": {"c1": "TTnnA"}},
        "contig_name": {"rice": {"c1": "ACGTNNNNacgt", "c3": "NNRAT"}, "maize": {"c1": "TTnnA"}},
        "contig_border": {"rice": {"c1": "ACGTNNNNacg", "c2": "tNNRAT"}, "maize": {"c1": "TTnnA"}},
        "genome_name": {"rice2": TWO_GENOMES["rice"], "maize": TWO_GENOMES["maize"]},
        "genome_gone": {"rice": TWO_GENOMES["rice"]},
    }
    others = {make_store(genomes, name).fingerprint for name, genomes in changes.items()}
    assert len(others | {fingerprint}) == len(changes) + 1


def test_no_store(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no genome store there"):
        GenomeStore.open(tmp_path)
    with pytest.raises(FileNotFoundError, match=re.escape(str(tmp_path / "gone"))):
        GenomeStore.open(tmp_path / "gone")
    (tmp_path / "genome.fa").touch()
    with pytest.raises(FileNotFoundError, match="no genome store there, but a file; make a store of it first"):
        GenomeStore.open(tmp_path / "genome.fa")


def test_store_of_another_version(make_store: Make) -> None:
    store = make_store(TWO_GENOMES)
    path = Path(store.location) / "store.json"
    header = json.loads(path.read_text())
    path.write_text(json.dumps({**header, "format_version": 99}))
    with pytest.raises(ValueError, match="version 99; this agront-data reads 'agront-genome-store' version 2"):
        GenomeStore.open(store.location)
    for damaged in ("", "[]", "{}", path.read_text()[:-5]):
        path.write_text(damaged)
        with pytest.raises(ValueError, match=r"store\.json is damaged"):
            GenomeStore.open(store.location)


@pytest.mark.parametrize(
    "change",
    [
        lambda header: header["genomes"][1]["contigs"]["A"].__setitem__(0, 4),
        lambda header: header["genomes"][0]["contigs"]["names"].__setitem__(0, "c2"),
        lambda header: header["genomes"][0].pop("contigs"),
        lambda header: header.pop("fingerprint"),
        lambda header: header.pop("sha256"),
    ],
)
def test_an_altered_header_is_noticed(make_store: Make, change: Callable[[dict], object]) -> None:
    store = make_store(TWO_GENOMES)
    path = Path(store.location) / "store.json"
    header = json.loads(path.read_text())
    change(header)
    path.write_text(json.dumps(header))
    with pytest.raises(ValueError, match=r"store\.json is damaged .*copy or ingest the store again"):
        GenomeStore.open(store.location)


def test_an_array_of_another_length_is_noticed(make_store: Make) -> None:
    store = make_store(TWO_GENOMES)
    other = make_store({"maize": {"c1": "TTnnAC"}, "rice": TWO_GENOMES["rice"]}, "other")
    array = Path("genomes", "maize", "zarr.json")
    (Path(store.location) / array).write_bytes((Path(other.location) / array).read_bytes())
    with pytest.raises(ValueError, match="genome 'maize' has an array of 6 bases, not of 5"):
        GenomeStore.open(store.location)


def test_open_by_url_gives_the_same_store(make_store: Make) -> None:
    store = make_store(TWO_GENOMES)
    by_url = GenomeStore.open(f"file://{store.location}")
    assert by_url.genomes == store.genomes
    assert read(by_url, 1, 0, 17) == read(store, 1, 0, 17)


def chunk_file(store: GenomeStore) -> Path:
    return Path(store.location) / "genomes" / "plant" / "c" / "0"


RANDOM = "".join(np.random.default_rng(0).choice(list("ACGT"), 4000))


def damage_chunk(data: bytearray) -> bytearray:
    # In the middle of about 1,000 packed bytes, where blosc by itself would notice nothing.
    data[500] ^= 1
    return data


def damage_index(data: bytearray) -> bytearray:
    data[-10] ^= 1
    return data


@pytest.mark.parametrize("damage", [damage_chunk, damage_index, lambda data: data[: len(data) // 2], lambda data: b""])
def test_damaged_chunk_is_noticed_and_named(make_store: Make, damage: Callable[[bytearray], bytes]) -> None:
    store = make_store({"plant": {"c": RANDOM}})
    path = chunk_file(store)
    path.write_bytes(damage(bytearray(path.read_bytes())))
    with pytest.raises(ValueError, match=r"genome 'plant': bases 5 to 15 cannot be read") as error:
        read(GenomeStore.open(store.location), 0, 5, 10)
    assert str(path) in str(error.value)
    assert "ingest the store again" in str(error.value)


def test_missing_chunk_is_noticed(make_store: Make) -> None:
    store = make_store({"plant": {"c": "ACGTTGCA" * 100}})
    chunk_file(store).unlink()
    with pytest.raises(ValueError, match=r"genome 'plant'.* bases 5 to 15, under genomes/plant/, is gone"):
        read(GenomeStore.open(store.location), 0, 5, 10)


def test_damaged_runs_of_n_are_noticed(make_store: Make) -> None:
    store = make_store({"plant": {"c": "ANCNNGNTTNN" * 10}})
    path = Path(store.location) / "n_runs" / "plant" / "c" / "0" / "0"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"genome 'plant': the runs of N cannot be read"):
        GenomeStore.open(store.location).n_runs(0)


def test_missing_array_is_noticed(make_store: Make) -> None:
    store = make_store({"plant": {"c": "ACGT"}})
    (Path(store.location) / "genomes" / "plant" / "zarr.json").unlink()
    with pytest.raises(ValueError, match="an array of the store is gone or damaged"):
        GenomeStore.open(store.location)


def test_two_bits_a_base(make_store: Make) -> None:
    sequence = "".join("ATCG"[code] for code in np.random.default_rng(0).integers(0, 4, 1 << 20))
    store = make_store({"plant": {"c": sequence}})
    assert chunk_file(store).stat().st_size * 8 / len(sequence) < 2.2


def test_missing_runs_of_n_are_noticed(make_store: Make) -> None:
    store = make_store({"plant": {"c": "ANCNNGNTTNN" * 10}})
    (Path(store.location) / "n_runs" / "plant" / "c" / "0" / "0").unlink()
    with pytest.raises(ValueError, match=r"genome 'plant': a file of the runs of N, under n_runs/plant/, is gone"):
        GenomeStore.open(store.location).n_runs(0)
