"""`download_of`: an entry of the manifest as a `Download`."""

from pathlib import Path

from agront_data.public_genomes.checksum import Checksum
from agront_data.public_genomes.download import Download
from agront_data.public_genomes.manifest_entry import ManifestEntry, swap_server


def download_of(entry: ManifestEntry, repository: Path, server: str | None = None) -> Download:
    """Returns the download of an entry that has an address, of the name SPECIES.fa.gz.

    Args:
        entry: Of the manifest.
        repository: Folder of the project's repository, whose files the examples are.
        server: See `swap_server`; None for the public server. The examples come from no server.

    Raises:
        ValueError: As `swap_server`.
    """
    name, address, checksums_address = f"{entry.species}.fa.gz", str(entry.address), entry.checksums_address
    if entry.variant == "examples":
        address = (repository / address).as_uri()
    elif server is not None:
        address = swap_server(address, server)
        checksums_address = checksums_address and swap_server(checksums_address, server)
    checksum = Checksum(kind="sha256", value=entry.sha256) if entry.sha256 else None
    return Download(name=name, url=address, checksum=checksum, checksums_url=checksums_address)
