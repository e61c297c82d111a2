from pathlib import Path

import pytest
from agront_data.public_genomes import download_of, select_genomes

ROOT = Path(__file__).parents[3]


def test_a_genome_is_named_by_its_species_and_verified_by_its_source() -> None:
    [entry] = select_genomes(["zea_mays"])
    download = download_of(entry, ROOT)
    assert (download.name, download.url, download.checksum) == ("zea_mays.fa.gz", entry.address, None)
    assert download.checksums_url == entry.checksums_address is not None


def test_a_mirror_takes_the_place_of_the_server() -> None:
    [entry] = select_genomes(["zea_mays"])
    download = download_of(entry, ROOT, "https://mirror.org/base")
    for address in (download.url, download.checksums_url):
        assert address is not None
        assert address.startswith("https://mirror.org/base/pub/plants/")
    with pytest.raises(ValueError, match="is no server"):
        download_of(entry, ROOT, "mirror")


def test_the_examples_are_files_of_the_repository() -> None:
    for entry in select_genomes(["tiny"]):
        download = download_of(entry, ROOT, "https://mirror.org")
        assert Path(download.url.removeprefix("file://")).is_file()
        assert download.checksum is not None
        assert download.checksum.value == entry.sha256
