"""Tables of mean scores, the sites that they are of, and scores minus their mean."""

import dataclasses
import itertools
import math

import numpy as np
import pytest
from agront_data import GenomeStore, ingest_genomes
from agront_data.regions import ContigBases
from agront_data.variants import (
    Calibration,
    MeanScore,
    VariantRecord,
    VariantRow,
    VariantScoring,
    draw_sites,
    folded_context,
    read_calibration,
    site_records,
)
from agront_tokenizer import KmerTokenizer
from tiles_by_letters import turned

KEY = {"model": "f00", "context": 7}
MEANS = {("AACGT", "T"): MeanScore(3, -1.25, 0.5), ("TTAGC", "G"): MeanScore(0, math.nan, math.nan)}


@pytest.fixture
def genome_file(tmp_path):
    """Two contigs, a third of them soft-masked, with some N."""
    rng, path = np.random.default_rng(5), tmp_path / "genome.fa"
    with path.open("w") as file:
        for name, size in (("chr1", 4_000), ("chr2", 2_500), ("tiny", 4)):
            letters = rng.choice(list("ACGT"), size)
            letters[rng.random(size) < 0.01] = "N"
            masked = np.repeat(rng.random(-(-size // 40)) < 0.3, 40)[:size]
            text = "".join(each.lower() if low else each for each, low in zip(letters, masked, strict=True))
            file.write(f">{name}\n{text}\n")
    return path


def texts(path):
    return dict(record.split("\n")[:2] for record in path.read_text()[1:].split("\n>"))


def places(path, wanted):
    """All sites of each folded context, from letters."""
    found = {}
    for name, text in texts(path).items():
        for place in range(2, len(text) - 2):
            context = text[place - 2 : place + 3].upper()
            if "N" not in context and wanted(name, place, text):
                folded = context if context[2] in "AC" else turned(context)
                found.setdefault(folded, set()).add((name, place))
    return found


def contexts_of(genome, sites):
    for record in site_records(genome, sites):
        [context] = record.fields
        yield (context if context[2] in "AC" else turned(context)), (record.contig, record.position), record


def test_sites_are_soft_masked_and_as_many_of_each_context_as_there_are(genome_file):
    genome, every = ContigBases(genome_file), places(genome_file, lambda name, place, text: text[place].islower())
    drawn = {}
    for context, site, record in contexts_of(genome, draw_sites(genome, 3, 0)):
        drawn.setdefault(context, set()).add(site)
        assert texts(genome_file)[site[0]][site[1]].upper() == record.reference
        assert sorted((*record.alternatives, record.reference)) == list("ACGT")
    assert drawn.keys() == every.keys()
    assert all(
        sites <= every[context] and len(sites) == min(3, len(every[context])) for context, sites in drawn.items()
    )


def test_with_genes_sites_are_outside_of_them(genome_file):
    genes = {"chr1": [(0, 1_000), (900, 2_000), (3_990, 4_000)], "chr2": [(1_000, 2_000)]}
    every = places(genome_file, lambda name, place, text: all(not a <= place < b for a, b in genes.get(name, [])))
    genome = ContigBases(genome_file)
    drawn = [site for _, site, _ in contexts_of(genome, draw_sites(genome, 10**6, 0, genes=genes))]
    assert sorted(drawn) == sorted(site for sites in every.values() for site in sites)


def test_a_seed_draws_the_same_sites_from_file_and_store(genome_file, tmp_path):
    genome = ContigBases(genome_file)
    ingest_genomes({"g": [genome_file]}, tmp_path / "store")
    store = ContigBases(GenomeStore.open(tmp_path / "store"))
    first, again, other = draw_sites(genome, 2, 7), draw_sites(store, 2, 7), draw_sites(genome, 2, 8)
    assert first.keys() == again.keys() == {"chr1", "chr2"}
    for contig in first:
        np.testing.assert_array_equal(first[contig], again[contig])
    assert any(first[contig].tolist() != other[contig].tolist() for contig in first)


def test_each_site_is_as_likely_as_another(genome_file):
    genome = ContigBases(genome_file)
    every = places(genome_file, lambda name, place, text: text[place].islower())
    context, sites = max(every.items(), key=lambda item: len(item[1]))
    drawn = [
        site
        for seed in range(60)
        for each, site, _ in contexts_of(genome, draw_sites(genome, 1, seed))
        if each == context
    ]
    assert len(drawn) == 60
    # Of 60 draws among so many sites, about as many differ as chance says.
    expected = len(sites) * (1 - (1 - 1 / len(sites)) ** 60)
    assert abs(len(set(drawn)) - expected) < 4


def test_unfolded_there_are_contexts_of_both_strands(genome_file):
    genome = ContigBases(genome_file)
    counts = {}
    for record in site_records(genome, draw_sites(genome, 1, 0, folded=False)):
        counts[record.fields[0]] = counts.get(record.fields[0], 0) + 1
    every = {"".join(each) for each in itertools.product("ACGT", repeat=5)}
    assert set(counts.values()) == {1}
    assert {each[2] for each in counts} == set("ACGT")
    assert counts.keys() <= every


@pytest.mark.parametrize(
    ("context", "alternative", "expected"),
    [("AACGT", "T", ("AACGT", "T")), ("ACGTT", "A", ("AACGT", "T")), ("GCTAA", "C", ("TTAGC", "G"))],
)
def test_a_context_and_its_reverse_complement_are_one(context, alternative, expected):
    assert folded_context(context, alternative) == expected


def test_a_table_is_read_as_it_was_written(tmp_path):
    calibration, path = Calibration("llr", KEY, True, MEANS), tmp_path / "table.tsv"
    path.write_text(calibration.text())
    read = read_calibration(path)
    assert (read.score, read.settings, read.folded) == ("llr", KEY, True)
    assert read.means["AACGT", "T"] == MEANS["AACGT", "T"]
    assert read.digest() == calibration.digest() != dataclasses.replace(calibration, score="base").digest()
    assert (read.mean("AACGT", "T"), read.mean("ACGTT", "A"), read.mean("TTAGC", "G")) == (-1.25, -1.25, None)
    assert dataclasses.replace(read, folded=False).mean("ACGTT", "A") is None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("# calibration of llr", "# calibration of pll", "is no table of mean scores"),
        ("context\talternative", "context", "is no table of mean scores .its first lines are others."),
        ('"folded": true, ', "", "is no table of mean scores .'folded'."),
        ("AACGT\tT\t3", "AACGT\tT\tx", "line 3: invalid literal"),
        ("AACGT\tT", "AACNT\tT", "line 3: 'AACNT' and 'T' are no context"),
        ("TTAGC\tG", "AACGT\tT", "line 4: .* come twice"),
        ("-1.25", "nan", "line 3: 'T' and 'nan' are no base and number"),
        ("\t0.5", "", "line 3: not enough values"),
    ],
)
def test_a_table_that_is_none_is_refused(old, new, message, tmp_path):
    path = tmp_path / "table.tsv"
    text = Calibration("llr", KEY, True, MEANS).text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(ValueError, match=message) as error:
        read_calibration(path)
    assert str(path) in str(error.value)


def test_a_table_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"make a table with tools/calibrate.py"):
        read_calibration(tmp_path / "none.tsv")


def test_a_table_of_other_scores_is_refused():
    calibration = Calibration("llr", {**KEY, "sites": 4}, True, MEANS)
    calibration.check_settings(KEY, "table.tsv")
    with pytest.raises(ValueError, match=r"table.tsv: its mean scores are of another context: 7, and here it is 9"):
        calibration.check_settings({**KEY, "context": 9}, "table.tsv")


def test_the_mean_of_the_context_is_subtracted(tmp_path):
    path = tmp_path / "genome.fa"
    path.write_text(">chr1\nGGTCAACGTTNACGGAACGTACCA\n")
    genome, calibration = ContigBases(path), Calibration("llr", {}, True, MEANS)
    scoring = VariantScoring(
        tokenizer=KmerTokenizer(), context=4, scores=("llr", "calibrated"), calibration=calibration
    )

    def likelihoods(rows, asked):
        return [pairs.sum(axis=1) / 100 for pairs in asked]

    def scored(position, reference, alternative):
        record = VariantRecord("", "chr1", position, reference, (alternative,))
        [[found]] = scoring([VariantRow(1, record, "chr1", 1)], genome, likelihoods)
        return found

    for position, reference, alternative in (
        (6, "C", "T"),
        (7, "G", "A"),
    ):  # AACGT > T, and the same on the other strand
        found = scored(position, reference, alternative)
        assert found.scores["calibrated"] == found.scores["llr"]._replace(value=found.scores["llr"].value + 1.25)
    for position, reference, alternative in ((6, "C", "G"), (0, "G", "A"), (8, "T", "C")):  # another, the end, N beside
        found = scored(position, reference, alternative)
        assert found.scores.keys() == {"llr"}
        assert found.reason is None
    only = dataclasses.replace(scoring, scores=("calibrated",))
    record = VariantRecord("", "chr1", 6, "C", ("G", "T", "CA"))
    [alleles] = only([VariantRow(1, record, "chr1", 1)], genome, likelihoods)
    assert [allele.reason for allele in alleles] == ["no_calibration", None, "needs_pll"]


def test_without_a_table_nothing_is_calibrated():
    with pytest.raises(ValueError, match="the score calibrated needs a table of mean scores: give `calibration`"):
        VariantScoring(tokenizer=KmerTokenizer(), context=4, scores=("calibrated",))
