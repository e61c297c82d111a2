import dataclasses
import hashlib
import re
from pathlib import Path

import pytest
from agront_data.public_genomes.manifest import PRESETS, left_out, parse_manifest, read_manifest, select_genomes
from agront_data.public_genomes.manifest_entry import ManifestEntry, swap_server

ROOT = Path(__file__).parents[3]
NAMES = [field.name for field in dataclasses.fields(ManifestEntry)]
RELEASED = {
    "variant": "released",
    "species": "zea_mays",
    "scientific_name": "Zea mays",
    "common_name": "maize",
    "assembly": "Zm-B73-REFERENCE-NAM-5.0",
    "accession": "GCF_902167145.1",
    "status": "established",
    "evidence": "a list",
    "presets": "crops-8 agront-48",
}


def manifest(*entries: dict[str, str]) -> str:
    """Returns a manifest with these entries in its lines from 3 on."""
    lines = ["# a comment", "\t".join(NAMES)]
    return "\n".join([*lines, *("\t".join(entry.get(name, "") for name in NAMES) for entry in entries)]) + "\n"


def addresses(names: list[str], variant: str) -> list[str | None]:
    return [entry.address for entry in select_genomes(names, variant)]


# Addresses as they stand in public code.
@pytest.mark.parametrize(
    ("variant", "species", "address"),
    [
        (
            "ensembl-plants",
            "arabidopsis_thaliana",
            "https://ftp.ensemblgenomes.ebi.ac.uk/pub/plants/release-63/fasta/arabidopsis_thaliana/dna/"
            "Arabidopsis_thaliana.TAIR10.dna_sm.toplevel.fa.gz",
        ),
        (
            "released",
            "arabidopsis_thaliana",
            "https://ftp.ncbi.nlm.nih.gov/genomes/all/GCF/000/001/735/GCF_000001735.4_TAIR10.1/"
            "GCF_000001735.4_TAIR10.1_genomic.fna.gz",
        ),
        (
            "released",
            "lolium_rigidum",
            "https://ftp.ncbi.nlm.nih.gov/genomes/all/GCF/022/539/505/GCF_022539505.1_APGP_CSIRO_Lrig_0.1/"
            "GCF_022539505.1_APGP_CSIRO_Lrig_0.1_genomic.fna.gz",
        ),
    ],
)
def test_addresses(variant: str, species: str, address: str) -> None:
    assert addresses([species], variant) == [address]


def test_a_production_name_and_a_space_in_the_assembly() -> None:
    tomato, emmer = select_genomes(["solanum_lycopersicum", "triticum_dicoccoides"])
    assert str(tomato.address).endswith(
        "/fasta/solanum_lycopersicum_gca000188115v5cm/dna/"
        "Solanum_lycopersicum_gca000188115v5cm.SL4.0.dna_sm.toplevel.fa.gz"
    )
    assert emmer.assembly == "WEWSeq v.1.0"
    assert str(emmer.address).endswith("/dna/Triticum_dicoccoides.WEWSeq_v.1.0.dna_sm.toplevel.fa.gz")


def test_checksums_lie_beside_the_file() -> None:
    [ensembl] = select_genomes(["zea_mays"])
    [released] = select_genomes(["zea_mays"], "released")
    [example, _] = select_genomes(["tiny"])
    assert ensembl.checksums_address == (
        "https://ftp.ensemblgenomes.ebi.ac.uk/pub/plants/release-63/fasta/zea_mays/dna/CHECKSUMS"
    )
    assert released.checksums_address == (
        "https://ftp.ncbi.nlm.nih.gov/genomes/all/GCF/902/167/145/GCF_902167145.1_Zm-B73-REFERENCE-NAM-5.0/"
        "md5checksums.txt"
    )
    assert example.checksums_address is None


def test_every_entry_says_how_sure_it_is_and_why() -> None:
    assert len(read_manifest()) == 2 + 35 + 35
    for entry in read_manifest():
        assert len(entry.evidence) > 20
        assert (entry.status == "unknown") == (entry.address is None) == (entry.licence is None)
        if entry.variant != "examples":
            assert entry.species == entry.scientific_name.lower().replace(" ", "_")
            assert entry.accession is None or entry.accession.startswith(
                "GCA_" if entry.variant == "ensembl-plants" else "GCF_"
            )
    for variant in ("ensembl-plants", "released"):
        found = [entry.address for entry in read_manifest() if entry.variant == variant and entry.address]
        assert len(found) == len(set(found))


def test_the_list_of_species_is_in_the_manifest(reference: Path) -> None:
    released = {entry.scientific_name: entry for entry in read_manifest() if entry.variant == "released"}
    text = (reference / "species.tsv").read_text()
    lines = [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
    assert {line[0] for line in lines} == set(released)
    for species, assembly, accession, status in lines:
        entry = released[species]
        assert entry.accession == (accession or None)
        assert assembly in ("", entry.assembly)
        assert (entry.status == "established") == (status == "read" and accession != "")


@pytest.mark.parametrize(
    ("preset", "variant", "number"),
    [
        ("arabidopsis", "ensembl-plants", 1),
        ("arabidopsis", "released", 1),
        ("crops-8", "ensembl-plants", 8),
        ("crops-8", "released", 8),
        ("agront-48", "ensembl-plants", 23),
        ("agront-48", "released", 34),
    ],
)
def test_presets(preset: str, variant: str, number: int) -> None:
    entries = select_genomes([preset], variant)
    assert {entry.variant for entry in entries} == {variant}
    assert len({entry.species for entry in entries}) == len(entries) == number


def test_what_is_said_of_the_presets_is_so() -> None:
    assert set(PRESETS) == {preset for entry in read_manifest() for preset in entry.presets}
    assert re.findall(r"\d+", PRESETS["agront-48"]) == ["35", "48", "23", "34"]
    crops = {entry.common_name for entry in select_genomes(["crops-8"])}
    assert crops == set(PRESETS["crops-8"].split(", "))


@pytest.mark.parametrize("variant", ["ensembl-plants", "released", "examples"])
def test_tiny_is_the_examples_in_every_variant(variant: str) -> None:
    names = ["arabidopsis_thaliana_chloroplast_NC_000932", "arabidopsis_thaliana_chr1_bac_AC007323"]
    assert addresses(["tiny"], variant) == [f"examples/genomes/{name}.fa.gz" for name in names]
    assert addresses(names, variant) == addresses(["tiny"], variant)


def test_the_examples_are_the_files_in_the_repository() -> None:
    if not (ROOT / "examples" / "genomes").is_dir():
        pytest.skip("examples/genomes is not here: the package is tested without the repository around it")
    for entry in select_genomes(["tiny"]):
        contents = (ROOT / str(entry.address)).read_bytes()
        assert (len(contents), hashlib.sha256(contents).hexdigest()) == (entry.num_bytes, entry.sha256)


def test_names_may_be_mixed_and_repeated() -> None:
    entries = select_genomes(["zea_mays", "tiny", "arabidopsis", "arabidopsis_thaliana"])
    assert [entry.variant for entry in entries] == ["ensembl-plants", "examples", "examples", "ensembl-plants"]
    assert [entry.species for entry in entries][0::3] == ["zea_mays", "arabidopsis_thaliana"]


@pytest.mark.parametrize(
    ("names", "variant", "message"),
    [
        (["zea_maize"], "released", r"unknown 'zea_maize': there are the presets tiny, .*sorghum_bicolor"),
        (["crops"], "released", r"unknown 'crops': there are .*crops-8"),
        (["xxx"], "released", r"unknown 'xxx': there are the presets tiny, arabidopsis, crops-8, agront-48"),
        (["carica_papaya"], "ensembl-plants", "no address in the variant 'ensembl-plants'; it has one in 'released'"),
        (["dioscorea_alata"], "released", "no address in any variant: .*no accession of the assembly was found"),
        (["crops-8"], "examples", "'crops-8' has no address .*one in 'ensembl-plants' and 'released'"),
        (["tiny"], "refseq", "unknown variant 'refseq'; known are ensembl-plants, released, examples"),
        ([], "released", "no genome is named"),
    ],
)
def test_what_cannot_be_selected(names: list[str], variant: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        select_genomes(names, variant)


def test_a_line_is_an_entry() -> None:
    [entry] = parse_manifest(manifest(RELEASED | {"num_bytes": "12"}), "m.tsv")
    assert (entry.species, entry.num_bytes, entry.num_bases, entry.release) == ("zea_mays", 12, None, None)
    assert entry.presets == ("crops-8", "agront-48")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"variant": "refseq"}, "variant is 'refseq'"),
        ({"status": "sure"}, "status is 'sure'"),
        ({"species": "Zea mays"}, "species is 'Zea mays'"),
        ({"evidence": ""}, "evidence is ''"),
        ({"accession": "GCF_902167145"}, "accession is 'GCF_902167145'"),
        ({"num_bytes": "1e9"}, "num_bytes is '1e9'"),
        ({"sha256": "12ab"}, "sha256 is '12ab'"),
        ({"presets": "crops-9"}, "presets is 'crops-9'"),
        ({"accession": ""}, "status is 'established', address None"),
        ({"variant": "ensembl-plants", "source_name": "zea_mays"}, "status is 'established', address None"),
        ({"status": "unknown"}, "status is 'unknown', address https://ftp.ncbi"),
        ({"common_name": "maize\tcorn"}, "16 fields; write 15"),
        ({}, "'zea_mays' stands twice in released"),
    ],
)
def test_bad_lines(change: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=f"^m.tsv:4: {message}"):
        parse_manifest(manifest(RELEASED, {**RELEASED, **change}), "m.tsv")


def test_bad_headers() -> None:
    for text in ("", "variant\tspecies\n", manifest(RELEASED).partition("\n")[2].partition("\n")[2]):
        with pytest.raises(ValueError, match=r"m\.tsv: begin with a header of these names.*variant species"):
            parse_manifest(text, "m.tsv")


@pytest.mark.parametrize(
    ("server", "expected"),
    [
        ("https://mirror.org", "https://mirror.org/pub/plants/a.fa.gz"),
        ("http://127.0.0.1:8000/base/", "http://127.0.0.1:8000/base/pub/plants/a.fa.gz"),
        ("file:///mirror/tree", "file:///mirror/tree/pub/plants/a.fa.gz"),
    ],
)
def test_a_mirror_has_the_same_paths(server: str, expected: str) -> None:
    assert swap_server("https://ftp.ensemblgenomes.ebi.ac.uk/pub/plants/a.fa.gz", server) == expected


@pytest.mark.parametrize(
    "server", ["mirror.org", "ftp://mirror.org", "https://", "file://host/tree", "http://m?a=b", ""]
)
def test_what_is_no_server(server: str) -> None:
    with pytest.raises(ValueError, match=re.escape(f"{server!r} is no server")):
        swap_server("https://ftp.ncbi.nlm.nih.gov/genomes/a.fa.gz", server)


def test_a_path_has_no_server_to_swap() -> None:
    with pytest.raises(ValueError, match="no address of a file"):
        swap_server("examples/genomes/a.fa.gz", "https://mirror.org")


def test_species_of_a_preset_without_an_address_are_left_out() -> None:
    entries = select_genomes(["agront-48"], "ensembl-plants")
    missing = left_out(["agront-48"], entries)
    assert len(entries) + len(missing) == 35  # as the preset's description says
    assert missing == sorted(set(missing) - {entry.species for entry in entries})
    assert left_out(["arabidopsis_thaliana"], select_genomes(["arabidopsis_thaliana"])) == []
