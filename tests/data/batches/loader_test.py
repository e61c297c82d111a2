import dataclasses
import gc
import json
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from agront_data import GenomeStore, HeldOut, Origin, PretrainingLoader, WindowGrid, Windows
from agront_data.batches.mixture import Mixture
from agront_data.testing import assert_resumes_exactly
from agront_tokenizer import KmerTokenizer, Vocabulary

Make = Callable[..., GenomeStore]
COMPLEMENT = str.maketrans("ATCGatcg", "TAGCtagc")
TOKENIZER = KmerTokenizer()
WINDOWS = Windows(length=60)
EQUAL = Mixture(weights={"maize": 1, "rice": 1})


def random_sequence(seed: int, length: int, letters: str = "ATCGatcg") -> str:
    return "".join(np.random.default_rng(seed).choice(list(letters), length))


GENOMES = {
    "rice": {"c1": random_sequence(0, 700), "c2": random_sequence(1, 47)},
    "maize": {"c1": random_sequence(2, 300) + "NNnRACG" + random_sequence(3, 200)},
}


@pytest.fixture
def store(make_store: Make) -> GenomeStore:
    return make_store(GENOMES)


def make_loader(store: GenomeStore, windows: Windows = WINDOWS, **options: Any) -> PretrainingLoader:
    settings = {"batch_size": 8, "num_tokens": 11, "seed": 3, **options}
    grid = WindowGrid.build(store, windows, HeldOut(block_length=60, every=5, offset=2))
    return PretrainingLoader(store, grid, TOKENIZER, **settings)


def take(loader: PretrainingLoader, num_batches: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns the tokens and row numbers of the next batches, [batches, B, T] and [batches, B]."""
    batches = [next(loader) for _ in range(num_batches)]
    return np.stack([batch.tokens for batch in batches]), np.stack([batch.rows for batch in batches])


def sequence_of(origin: Origin) -> str:
    """Returns a row's sequence, in the case that the FASTA file has."""
    bases = GENOMES[origin.species][origin.contig][origin.start : origin.end]
    return bases.translate(COMPLEMENT)[::-1] if origin.strand == "-" else bases


def expected_tokens(origin: Origin) -> np.ndarray:
    return TOKENIZER.encode_batch([sequence_of(origin)], length=11, truncation=True)[0]


def test_rows_are_what_their_origin_says(store: GenomeStore) -> None:
    loader = make_loader(store)
    tokens, rows = take(loader, 12)
    assert tokens.dtype == np.uint16
    assert tokens.shape == (12, 8, 11)
    assert rows.dtype == np.int64
    assert rows.ravel().tolist() == list(range(96))
    other = make_loader(store)
    for row in range(96):
        origin = other.row_origin(row)
        np.testing.assert_array_equal(tokens.reshape(96, 11)[row], expected_tokens(origin), err_msg=str(origin))


def test_loss_weights_are_of_the_soft_masked_bases_of_each_row(store: GenomeStore) -> None:
    plain, loader = make_loader(store), make_loader(store, soft_masked_weight=0.1)
    origins = make_loader(store)
    for batch in (next(loader) for _ in range(12)):
        unweighted = next(plain)
        assert unweighted.loss_weights is None
        np.testing.assert_array_equal(batch.tokens, unweighted.tokens)
        assert batch.loss_weights is not None
        assert batch.loss_weights.dtype == np.float32
        for row, weights in zip(batch.rows.tolist(), batch.loss_weights, strict=True):
            sequence = sequence_of(origins.row_origin(row))
            expected = np.ones(11)
            for column, (start, end) in enumerate(TOKENIZER.token_spans(sequence)[:11]):
                if end > start:
                    expected[column] = np.mean([0.1 if base.islower() else 1 for base in sequence[start:end]])
            np.testing.assert_allclose(weights, expected, rtol=1e-6)


def test_each_pass_has_each_window_once_in_its_own_order(store: GenomeStore) -> None:
    loader = make_loader(store, dataclasses.replace(WINDOWS, random_start=0))
    grid = WindowGrid.build(store, WINDOWS, HeldOut(block_length=60, every=5, offset=2))
    every_window = sorted((o.species, o.contig, o.start) for o in grid.describe(grid.locate(np.arange(len(grid)))))
    passes = []
    for number in range(3):
        rows = range(number * len(grid), (number + 1) * len(grid))
        passes.append([(o.species, o.contig, o.start) for o in map(loader.row_origin, rows)])
        assert sorted(passes[-1]) == every_window
    assert passes[0] != passes[1] != passes[2] != passes[0]


@pytest.mark.usefixtures("unchecked_types")  # thousands of calls that are alike
def test_start_and_strand_are_drawn_anew_for_each_row(make_store: Make) -> None:
    store = make_store({"rice": {"c1": random_sequence(4, 6000)}})
    grid = WindowGrid.build(store, WINDOWS, HeldOut())
    loader = PretrainingLoader(store, grid, TOKENIZER, batch_size=8, num_tokens=11, seed=5)
    origins = [loader.row_origin(row) for row in range(3000)]
    # 100 windows, of which all but the last move by 0 to 59 bases; both strands within five standard errors of half.
    starts = np.bincount([origin.start % 60 for origin in origins], minlength=60)
    assert starts.min() > 15
    assert abs(sum(origin.strand == "-" for origin in origins) - 1500) < 137
    # The same window comes with another start in another pass.
    passes = [{origin.start for origin in origins[number * 100 : number * 100 + 100]} for number in range(30)]
    assert len(set.union(*passes)) > 1500


def test_one_strand_on_request(store: GenomeStore) -> None:
    loader = make_loader(store, both_strands=False)
    assert {loader.row_origin(row).strand for row in range(200)} == {"+"}


def test_seeds_give_other_rows(store: GenomeStore) -> None:
    first, second, again = (take(make_loader(store, seed=seed), 3)[0] for seed in (1, 2, 1))
    np.testing.assert_array_equal(first, again)
    assert (first != second).any(axis=2).mean() > 0.9


@pytest.mark.usefixtures("unchecked_types")  # thousands of calls that are alike
def test_a_mixture_changes_the_shares(store: GenomeStore) -> None:
    # Rice has more windows, but for its rows to be half of 4,000 takes weights: within five standard errors of it.
    loader = make_loader(store, mixture=EQUAL)
    assert abs(sum(loader.row_origin(row).species == "rice" for row in range(4000)) - 2000) < 159
    without_rice = make_loader(store, mixture=Mixture(weights={"maize": 0.3, "rice": 0}))
    assert {without_rice.row_origin(row).species for row in range(200)} == {"maize"}


def test_mixed_rows_are_what_their_origin_says(store: GenomeStore) -> None:
    tokens, _ = take(make_loader(store, mixture=EQUAL), 12)
    other = make_loader(store, mixture=EQUAL)
    for row in range(96):
        np.testing.assert_array_equal(tokens.reshape(96, 11)[row], expected_tokens(other.row_origin(row)))


@pytest.mark.parametrize("threads", [1, 8])
def test_threads_change_nothing(store: GenomeStore, threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    tokens, rows = take(make_loader(store, mixture=EQUAL), 20)
    monkeypatch.setattr("agront_data.batches.loader._THREADS", threads)
    other_tokens, other_rows = take(make_loader(store, mixture=EQUAL), 20)
    np.testing.assert_array_equal(other_rows, rows)
    np.testing.assert_array_equal(other_tokens, tokens)


@pytest.mark.parametrize("mixture", [Mixture(), EQUAL, Mixture(temperature=3)], ids=["in proportion", "equal", "warm"])
@pytest.mark.parametrize("hosts", [2, 4, 8])
def test_hosts_share_the_global_batches(store: GenomeStore, hosts: int, mixture: Mixture) -> None:
    tokens, rows = take(make_loader(store, mixture=mixture), 9)
    for host in range(hosts):
        shared_tokens, shared_rows = take(make_loader(store, host=host, hosts=hosts, mixture=mixture), 9)
        np.testing.assert_array_equal(shared_rows, rows[:, host::hosts])
        np.testing.assert_array_equal(shared_tokens, tokens[:, host::hosts])


def test_resumes_exactly(store: GenomeStore) -> None:
    assert_resumes_exactly(lambda: make_loader(store), num_batches=9)
    assert_resumes_exactly(lambda: make_loader(store, host=1, hosts=2), num_batches=3)


def test_resumes_exactly_with_mixing_and_loss_weights(store: GenomeStore) -> None:
    options: dict[str, Any] = {"mixture": EQUAL, "soft_masked_weight": 0.1}
    assert next(make_loader(store, **options)).loss_weights is not None
    assert_resumes_exactly(lambda: make_loader(store, **options), num_batches=6)
    assert_resumes_exactly(lambda: make_loader(store, host=1, hosts=2, **options), num_batches=3)


@pytest.mark.parametrize("mixture", [Mixture(), EQUAL], ids=["in proportion", "equal"])
@pytest.mark.parametrize(("before", "after"), [(2, 4), (8, 1), (1, 8)])
def test_state_goes_to_another_number_of_hosts(store: GenomeStore, mixture: Mixture, before: int, after: int) -> None:
    tokens, _ = take(make_loader(store, mixture=mixture), 7)
    loader = make_loader(store, host=before - 1, hosts=before, mixture=mixture)
    take(loader, 4)
    state = json.loads(json.dumps(loader.get_state()))
    for host in range(after):
        resumed = make_loader(store, host=host, hosts=after, mixture=mixture)
        resumed.set_state(state)
        np.testing.assert_array_equal(take(resumed, 3)[0], tokens[4:, host::after])


def test_a_late_state_reaches_its_rows_at_once(store: GenomeStore) -> None:
    loader = make_loader(store)
    loader.set_state({**loader.get_state(), "next_batch": 300_000})
    batch = next(loader)
    assert batch.rows.tolist() == list(range(2_400_000, 2_400_008))
    origin = loader.row_origin(2_400_003)
    np.testing.assert_array_equal(batch.tokens[3], expected_tokens(origin))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seed": 4}, "seed: saved 3, here 4"),
        ({"batch_size": 16}, "batch_size: saved 8, here 16"),
        ({"num_tokens": 12}, "num_tokens: saved 11, here 12"),
        ({"both_strands": False}, "both_strands: saved True, here False"),
        ({"mixture": Mixture(temperature=2)}, "mixture: saved {'temperature': 1.0, .*, here {'temperature': 2, "),
        ({"mixture": EQUAL}, "mixture: saved .* here {'temperature': 1.0, 'weights': {'maize': 1.0, 'rice': 1.0}}"),
        ({"soft_masked_weight": 0.1}, "soft_masked_weight: saved 1.0, here 0.1"),
        ({"windows": Windows(length=54)}, "windows: saved '[0-9a-f]{64}', here '[0-9a-f]{64}'"),
    ],
)
def test_state_of_other_rows_is_refused(store: GenomeStore, options: dict[str, Any], message: str) -> None:
    state = make_loader(store).get_state()
    with pytest.raises(ValueError, match=message):
        make_loader(store, **options).set_state(state)


def test_state_of_another_vocabulary_is_refused(store: GenomeStore) -> None:
    grid = WindowGrid.build(store, WINDOWS, HeldOut(block_length=60, every=5, offset=2))
    fours = KmerTokenizer(Vocabulary(k=4))
    loaders = [
        PretrainingLoader(store, grid, tokenizer, batch_size=8, num_tokens=16, seed=3)
        for tokenizer in (TOKENIZER, fours)
    ]
    with pytest.raises(ValueError, match="vocabulary: saved 'f1b544e2"):
        loaders[1].set_state(loaders[0].get_state())


def test_broken_state_is_refused(store: GenomeStore) -> None:
    loader = make_loader(store)
    state = loader.get_state()
    for next_batch in (-1, "3", None):
        with pytest.raises(ValueError, match="next_batch"):
            loader.set_state({**state, "next_batch": next_batch})
    with pytest.raises(ValueError, match="seed: saved None, here 3"):
        loader.set_state({"next_batch": 3})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 0}, "batch_size of 0 rows cannot be shared"),
        ({"hosts": 3}, "batch_size of 8 rows cannot be shared evenly by 3 hosts"),
        ({"host": 2, "hosts": 2}, "host is 2; with 2 hosts it must be 0 to 1"),
        ({"seed": -1}, "`seed` is -1"),
        ({"soft_masked_weight": -0.1}, "soft_masked_weight is -0.1; it must be 0 to 1"),
        ({"soft_masked_weight": 1.5}, "soft_masked_weight is 1.5"),
        ({"mixture": Mixture(weights={"rise": 1, "maize": 1})}, r"not in it: 'rise'.*missing: rice"),
        ({"num_tokens": 10}, "60 bases makes 11 tokens, more than num_tokens=10: take windows of 54 bases"),
        ({"windows": Windows(length=65)}, "65 bases makes 16 tokens, more than num_tokens=11"),
    ],
)
def test_arguments_out_of_range(store: GenomeStore, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make_loader(store, **options)


def test_grids_that_do_not_belong(store: GenomeStore, make_store: Make) -> None:
    tiles = WindowGrid.build(store, WINDOWS, HeldOut(block_length=60, every=5, offset=2), "held_out")
    with pytest.raises(ValueError, match="held-out windows"):
        PretrainingLoader(store, tiles, TOKENIZER, batch_size=8, num_tokens=11, seed=3)
    other = WindowGrid.build(make_store({"rice": {"c1": "ACGT" * 50}}, "other"), WINDOWS, HeldOut())
    with pytest.raises(ValueError, match=r"the grid was built over .*other"):
        PretrainingLoader(store, other, TOKENIZER, batch_size=8, num_tokens=11, seed=3)


def test_negative_rows_are_refused(store: GenomeStore) -> None:
    with pytest.raises(ValueError, match="row is -1"):
        make_loader(store).row_origin(-1)


def test_damage_reaches_the_caller(store: GenomeStore) -> None:
    path = Path(store.location) / "genomes" / "rice" / "c" / "0"
    path.write_bytes(path.read_bytes()[:-40])
    loader = make_loader(GenomeStore.open(store.location))
    with pytest.raises(ValueError, match=r"genome 'rice': bases .* cannot be read"):
        take(loader, 20)


def test_batches_and_threads_do_not_pile_up(store: GenomeStore) -> None:
    loader = make_loader(store)
    threads, batches = [], []
    for _ in range(30):
        batches += [weakref.ref(next(loader).tokens) for _ in range(5)]
        loader.set_state(loader.get_state())
        next(loader)
        threads.append(threading.active_count())
    gc.collect()
    assert not any(batch() is not None for batch in batches)
    assert max(threads[5:]) <= max(threads[:5]) + 2
