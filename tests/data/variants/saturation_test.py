import numpy as np
import pytest
from agront_data.regions import ContigBases, Region, parse_place
from agront_data.variants import (
    ContigNames,
    Saturation,
    base_probabilities,
    is_reference,
    logo_heights,
    mean_effects,
    saturation_of_places,
    saturation_of_records,
)


@pytest.fixture
def genome(tmp_path, write_fasta):
    return write_fasta(tmp_path / "g.fa", Chr1="acGRT", other="TT")


def test_each_base_but_n_has_a_record_with_the_three_others(genome):
    saturation = Saturation((Region("here", "Chr1", 1, 5, "-"), Region("there", "other", 0, 1)), ContigBases(genome))
    assert saturation.count() == (4, 1)
    records = [(each.contig, each.position, each.reference, each.alternatives, each.fields)
               for each in saturation.records()]  # fmt: skip
    assert records == [
        ("Chr1", 1, "C", ("A", "G", "T"), ("here",)),
        ("Chr1", 2, "G", ("A", "C", "T"), ("here",)),
        ("Chr1", 4, "T", ("A", "C", "G"), ("here",)),
        ("other", 0, "T", ("A", "C", "G"), ("there",)),
    ]
    (_, first), (region, second) = saturation.effects(np.arange(12.0).reshape(4, 3))
    nothing = [np.nan] * 4
    np.testing.assert_array_equal(first, [[0, 0, 1, 2], [3, 4, 0, 5], nothing, [6, 7, 8, 0]])
    assert (region.name, second.tolist()) == ("there", [[9, 10, 11, 0]])
    reference = is_reference(first, saturation.bases(saturation.regions[0]))
    np.testing.assert_array_equal(reference, [[0, 1, 0, 0], [0, 0, 1, 0], [0] * 4, [0, 0, 0, 1]])
    np.testing.assert_array_equal(mean_effects(first), [1, 4, np.nan, 7])


def test_places_of_other_spelling_and_regions_of_bed_are_found(genome):
    asked = [parse_place("1:2-3"), Region("1:0-2(+)", "1", 0, 2), Region("gene", "other", 0, 2, "-")]
    saturation, contigs = saturation_of_places(asked, genome, ContigNames())
    assert saturation.regions == (
        Region("1:2-3", "Chr1", 1, 3), Region("Chr1:1-2", "Chr1", 0, 2), Region("gene", "other", 0, 2, "-")
    )  # fmt: skip
    assert contigs == {"1": "Chr1", "other": "other"}
    with pytest.raises(ValueError, match="ends at 9, but 'Chr1'"):
        saturation_of_places([Region("gene", "Chr1", 0, 9)], genome, ContigNames())
    with pytest.raises(ValueError, match="has no contig 'x'"):
        saturation_of_places([Region("gene", "x", 0, 9)], genome, ContigNames())
    assert saturation_of_records(genome).regions == (Region("Chr1", "Chr1", 0, 5), Region("other", "other", 0, 2))


def test_probabilities_are_those_whose_log_ratios_the_scores_are():
    p = np.array([[0.1, 0.2, 0.3, 0.4], [0.25, 0.25, 0.25, 0.25], [0.97, 0.01, 0.01, 0.01]])
    effects = np.log(p / p[:, [2]])
    np.testing.assert_allclose(base_probabilities(effects), p)
    information = 2 + (p * np.log2(p)).sum(axis=1)
    np.testing.assert_allclose(logo_heights(effects), p * information[:, None], atol=1e-12)
    certain = logo_heights(np.array([[0, -2000.0, -2000, -2000], [np.nan] * 4]))
    np.testing.assert_allclose(certain, [[2, 0, 0, 0], [0] * 4])
