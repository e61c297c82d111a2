import pytest
from agront_data import HeldOut, WindowGrid, Windows, held_out_batches, ingest_genomes
from agront_data.batches import baseline_losses
from agront_tokenizer import KmerTokenizer
from agront_train import baselines_of


@pytest.fixture
def fit(tmp_path, write_fasta):
    """Fit the baselines of a small genome, of which one contig is held out."""

    def fit_on(held_out_contig):
        file = write_fasta(tmp_path / "rice.fa", c1="ACGTTGCA" * 9, c2=held_out_contig)
        store = ingest_genomes({"rice": [file]}, tmp_path / "store")
        windows, held_out, tokenizer = Windows(length=24), HeldOut(contigs=("c2",)), KmerTokenizer()
        training, unseen = (WindowGrid.build(store, windows, held_out, part) for part in ("training", "held_out"))
        batches = list(held_out_batches(store, unseen, tokenizer, batch_size=4, num_tokens=5))
        return baselines_of(baseline_losses(store, training, tokenizer, batches, 5))

    return fit_on


def test_losses_of_the_baselines_are_of_the_rows_with_bases(fit):
    baselines = fit("ACGTTGCA" * 6)
    assert list(baselines) == ["6-mer frequencies", "base composition"]
    for losses in baselines.values():
        assert losses.weight.tolist() == [4, 4, 0, 0]
        assert losses.weight.dtype == losses.loss.dtype == float
        assert losses.mean == losses.loss.sum() / 8


def test_a_single_held_out_window_is_refused_with_the_options_that_give_more(fit):
    with pytest.raises(ValueError, match=r"only one held-out window has bases.*--held-out\.every.*--windows\.length"):
        fit("ACGTTGCA" * 3)
