import pytest
from agront_data.regions import Place, Region, parse_place, region_at, text_of_place


def test_places_are_those_of_samtools():
    assert parse_place("chr1:1,000-1,600") == Place("chr1:1000-1600", "chr1", 999, 1600)
    assert parse_place("chr1:7-7") == Place("chr1:7-7", "chr1", 6, 7)
    assert parse_place("chr1") == Place("chr1", "chr1", 0, None)
    assert parse_place("HLA:A:2-3") == Place("HLA:A:2-3", "HLA:A", 1, 3)
    assert parse_place("HLA:A") == Place("HLA:A", "HLA:A", 0, None)
    assert text_of_place("chr1", 999, 1600) == "chr1:1000-1600"


@pytest.mark.parametrize("text", ["", "chr1:5", "chr1:5-", "chr1:-5", "chr1:", "chr1:5..9", "chr1:5–9", "chr1 5 9"])
def test_what_is_no_place_comes_with_how_to_write_one(text):
    with pytest.raises(ValueError, match="is no place: write CONTIG:FIRST-LAST, counted from 1"):
        parse_place(text)


def test_a_place_is_found_in_its_genome():
    lengths = {"Chr1": 50}
    assert region_at(parse_place("1"), "Chr1", lengths, "g.fa") == Region("1", "Chr1", 0, 50)
    assert region_at(parse_place("1:50-50"), "Chr1", lengths, "g.fa") == Region("1:50-50", "Chr1", 49, 50)
    with pytest.raises(ValueError, match=r"ends at 51, but 'Chr1' in g\.fa has 50 bases; end it there: 1:50-50"):
        region_at(parse_place("1:50-51"), "Chr1", lengths, "g.fa")
    with pytest.raises(ValueError, match=r"1:60-70: begins at 60, and 'Chr1' in g\.fa has 50 bases"):
        region_at(parse_place("1:60-70"), "Chr1", lengths, "g.fa")
    with pytest.raises(ValueError, match=r"g\.fa has no contig 'chr_1' \(meant: Chr1\?\); it has Chr1"):
        region_at(parse_place("chr_1:1-2"), None, lengths, "g.fa")
