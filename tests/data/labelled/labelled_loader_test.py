"""Batches of labelled sequences: each once an epoch, the same whoever reads them."""

import itertools

import numpy as np
import pytest
from agront_data import encode_sequence
from agront_data.bases import BASE_BITS
from agront_data.labelled import LabelledLoader, LabelledRows, count_tokens, labelled_batches
from agront_tokenizer import KmerTokenizer

TOKENIZER = KmerTokenizer()
PARTNER = str.maketrans("ACGTN", "TGCAN")
LETTERS = ["ACGTACGTACGT", "GGATTACAGATT", "NACGTTTGCAAC", "ACGTT", "TTTTTTTTTTTTTTTTAC", "CAGCAGCAG", "GATTACA"]
LABELS = np.arange(len(LETTERS), dtype=np.float32).reshape(-1, 1)


@pytest.fixture(scope="module")
def rows():
    return LabelledRows([encode_sequence(text) & BASE_BITS for text in LETTERS], LABELS, TOKENIZER, 10)


def tokens_of(text):
    ids = TOKENIZER.encode(text)
    return [*ids, *[TOKENIZER.vocabulary.pad_id] * (10 - len(ids))]


def is_read(row, label):
    """On which strand a row of ids is a sequence."""
    text = LETTERS[int(label)]
    strands = {"+": tokens_of(text), "-": tokens_of(text.translate(PARTNER)[::-1])}
    return [strand for strand, ids in strands.items() if ids == row.tolist()]


def test_each_sequence_comes_once_an_epoch_in_another_order(rows):
    loader = LabelledLoader(rows, batch_size=7, seed=3)
    epochs = [next(loader).labels[:, 0].tolist() for _ in range(4)]
    assert all(sorted(epoch) == LABELS[:, 0].tolist() for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 4


def test_rows_are_tokenized_on_either_strand(rows):
    batches = list(itertools.islice(LabelledLoader(rows, batch_size=5, seed=1), 40))
    found = [is_read(row, label) for batch in batches for row, [label] in zip(batch.tokens, batch.labels, strict=True)]
    assert all(found)
    share = sum(each == ["-"] for each in found) / len(found)
    assert 0.35 < share < 0.65
    forward = list(itertools.islice(LabelledLoader(rows, batch_size=5, seed=1, both_strands=False), 40))
    assert all("+" in is_read(row, label) for each in forward for row, [label] in zip(*each[1:], strict=True))
    np.testing.assert_array_equal([each.labels for each in forward], [each.labels for each in batches])


@pytest.mark.parametrize("hosts", [2, 4])
def test_hosts_share_a_batch(rows, hosts):
    whole = list(itertools.islice(LabelledLoader(rows, batch_size=8, seed=5), 5))
    loaders = [LabelledLoader(rows, batch_size=8, seed=5, host=host, hosts=hosts) for host in range(hosts)]
    for batch in whole:
        shares = [next(loader) for loader in loaders]
        for place, row in enumerate(batch.rows):
            share = shares[place % hosts]
            assert share.rows[place // hosts] == row
            np.testing.assert_array_equal(share.tokens[place // hosts], batch.tokens[place])
            np.testing.assert_array_equal(share.labels[place // hosts], batch.labels[place])


def test_a_state_is_gone_on_from(rows):
    loader = LabelledLoader(rows, batch_size=4, seed=2)
    for _ in range(5):
        next(loader)
    state, expected = loader.get_state(), next(loader)
    other = LabelledLoader(rows, batch_size=4, seed=2, host=0, hosts=1)
    other.set_state(state)
    for found, wanted in zip(next(other), expected, strict=True):
        np.testing.assert_array_equal(found, wanted)
    with pytest.raises(ValueError, match=r"another order \(seed: saved 2, here 3\)"):
        LabelledLoader(rows, batch_size=4, seed=3).set_state(state)


def test_held_out_rows_come_in_order_and_filling_has_no_label(rows):
    batches = list(labelled_batches(rows, 3))
    assert [batch.rows.tolist() for batch in batches] == [[0, 1, 2], [3, 4, 5], [6, 7, 8]]
    labels = np.concatenate([batch.labels for batch in batches])[:, 0]
    np.testing.assert_array_equal(labels[:7], LABELS[:, 0])
    assert np.isnan(labels[7:]).all()
    assert all(
        is_read(row, label)[0] == "+"
        for batch in batches
        for row, [label] in zip(*batch[1:], strict=True)
        if label == label
    )


def test_a_frame_leaves_bases_out(rows):
    ids = rows.tokens(np.array([1, 4]), np.array([False, True]), frame=2)
    assert ids[0].tolist() == tokens_of(LETTERS[1][2:])
    assert ids[1].tolist() == tokens_of(LETTERS[4].translate(PARTNER)[::-1][2:])


def test_tokens_are_counted_on_both_strands():
    assert count_tokens(encode_sequence("ACGTACGTACGTAC"), TOKENIZER) == 1 + 2 + 2
    assert count_tokens(encode_sequence("NACGTAC"), TOKENIZER) == 1 + 7 - 5  # N, one k-mer
    assert count_tokens(encode_sequence("ACGTACN"), TOKENIZER) == 3


def test_what_does_not_fit_is_refused(rows):
    with pytest.raises(ValueError, match="sequence 0 makes 3 tokens, and a row has 2"):
        LabelledRows([encode_sequence("ACGTACGTACGT")], LABELS[:1], TOKENIZER, 2)
    with pytest.raises(ValueError, match="host 2 of 2 cannot take its share of 4 rows"):
        LabelledLoader(rows, batch_size=4, seed=0, host=2, hosts=2)
    with pytest.raises(ValueError, match="there is no sequence to train on"):
        LabelledLoader(LabelledRows([], LABELS[:0], TOKENIZER, 5), batch_size=4, seed=0)
