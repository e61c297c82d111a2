import gzip

import pytest
from agront_data.regions import GeneModel, genes_within, in_lanes, read_gene_models

GFF = """##gff-version 3
chr1\tx\tregion\t1\t900\t.\t+\t.\tID=chr1
chr1\tx\texon\t101\t120\t.\t+\t.\tParent=t1,t2
chr1\tx\tgene\t101\t200\t.\t+\t.\tID=gene:A;Name=LFY%3B1
chr1\tx\tmRNA\t101\t200\t.\t+\t.\tID=t1;Parent=gene:A;Name=LFY.1
chr1\tx\tmRNA\t101\t160\t.\t+\t.\tID=t2;Parent=gene:A
chr1\tx\texon\t151\t200\t.\t+\t.\tParent=t1
chr1\tx\texon\t141\t160\t.\t+\t.\tParent=t2
chr1\tx\tCDS\t111\t120\t.\t+\t0\tID=c;Parent=t1

chr1\tx\tgene\t301\t310\t.\t-\t.\tID=gene:B
chr2\tx\tgene\t1\t30\t.\t?\t.\tID=C
chr2\tx\tCDS\t4\t30\t.\t?\t0\tParent=C
###
##FASTA
>chr1
ACGT
"""
FIRST = GeneModel("LFY;1", "+", 100, 200, ((100, 120), (150, 200)), ((110, 120),))
SECOND = GeneModel("LFY;1", "+", 100, 160, ((100, 120), (140, 160)), ())
B = GeneModel("B", "-", 300, 310, ((300, 310),), ())
C = GeneModel("C", "?", 0, 30, ((3, 30),), ((3, 30),))


@pytest.mark.parametrize("ending", [".gff3", ".gff3.gz"])
def test_transcripts_have_exons_in_any_order_of_lines(tmp_path, ending):
    path = tmp_path / f"genes{ending}"
    path.write_bytes(gzip.compress(GFF.encode()) if ending.endswith("gz") else GFF.encode())
    assert read_gene_models(path) == {"chr1": [SECOND, FIRST, B], "chr2": [C]}
    assert read_gene_models(path, "chr2".__eq__) == {"chr2": [C]}


def test_genes_are_cut_and_what_is_the_same_then_is_there_once():
    assert genes_within([FIRST, SECOND, B], 110, 115) == [
        GeneModel("LFY;1", "+", 110, 115, ((110, 115),), ((110, 115),)),
        GeneModel("LFY;1", "+", 110, 115, ((110, 115),), ()),
    ]
    assert genes_within([FIRST, SECOND, B], 125, 140) == [GeneModel("LFY;1", "+", 125, 140, (), ())]
    assert genes_within([FIRST, SECOND, B], 200, 300) == []


def test_genes_that_overlap_are_in_lanes_of_their_own():
    assert in_lanes([B, FIRST, SECOND]) == [[FIRST, B], [SECOND]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("chr1\t5\t9\n", "line 1 is no line of GFF3, which has 9 columns"),
        ("##gff-version 3\nchr1\tx\tgene\tone\t9\t.\t+\t.\tID=a\n", "line 2 is no line of GFF3"),
        ('chr1\tx\texon\t5\t9\t.\t+\t.\tgene_id "a"; transcript_id "b";\n', "line 1 has attributes as GTF"),
        ("<html>\n", "a web page"),
    ],
)
def test_other_files_are_named(tmp_path, text, message):
    (tmp_path / "a.gff").write_text(text)
    with pytest.raises(ValueError, match=message):
        read_gene_models(tmp_path / "a.gff")
    with pytest.raises(FileNotFoundError, match=r"b\.gff: no such file"):
        read_gene_models(tmp_path / "b.gff")
