"""`ManifestEntry`: a genome of AgroNT's corpus, where it is published and how sure that is."""

import dataclasses
import re
from typing import Literal
from urllib.parse import urlsplit

Variant = Literal["ensembl-plants", "released", "examples"]
"""`ensembl-plants`: soft-masked genomes of an Ensembl Plants release. `released`: the RefSeq assemblies of the released
corpus' file list. `examples`: the two small genomes under `examples/genomes`."""

Status = Literal["established", "probable", "unknown"]
"""`established`: named in the authors' list, with an assembly that stands in a list of theirs or of the source's.
`probable`: that the genome belongs to the corpus, or part of its address, is inferred. `unknown`: without address."""

_ENSEMBL = "https://ftp.ensemblgenomes.ebi.ac.uk"
_NCBI = "https://ftp.ncbi.nlm.nih.gov"


@dataclasses.dataclass(frozen=True, kw_only=True)
class ManifestEntry:
    """A genome in a variant of the corpus; what could not be established is None.

    Attributes:
        variant: Which corpus the entry belongs to.
        species: The genome's name in a store: the binomial in snake case; of an example, the name of its file.
        scientific_name: The binomial.
        common_name: In English.
        assembly: Its name; Ensembl Plants and RefSeq may have different assemblies of a species.
        accession: Of the assembly (`GCA_…`, `GCF_…`), of an example that of the record; with its version.
        release: Ensembl Plants release.
        source_name: Ensembl's production name of the genome; of an example, its path from the repository's root.
        num_bytes: Size of the file.
        num_bases: Letters in all its sequences, N among them.
        sha256: Of an example's file; others have lists of checksums beside them.
        licence: What the source says of use and redistribution, and where it says so.
        status: How sure it is that the genome belongs to the corpus and that it lies at `address`: the weaker of both.
        evidence: Where that was read.
        presets: Names of the sets in `PRESETS` that it belongs to.
    """

    variant: Variant
    species: str
    scientific_name: str
    common_name: str
    assembly: str | None
    accession: str | None
    release: int | None
    source_name: str | None
    num_bytes: int | None
    num_bases: int | None
    sha256: str | None
    licence: str | None
    status: Status
    evidence: str
    presets: tuple[str, ...]

    @property
    def address(self) -> str | None:
        """URL of the gzipped FASTA file; an example's path from the repository's root.

        Built from the other fields as Ensembl and NCBI lay out their trees, where a space in an assembly's name is `_`;
        the layouts are those of addresses that stand in public code.
        """
        source, assembly = self.source_name, (self.assembly or "").replace(" ", "_")
        if self.variant == "examples":
            return source
        if self.variant == "ensembl-plants" and source and assembly and self.release:
            folder = f"{_ENSEMBL}/pub/plants/release-{self.release}/fasta/{source}/dna"
            return f"{folder}/{source[0].upper()}{source[1:]}.{assembly}.dna_sm.toplevel.fa.gz"
        if self.variant == "released" and self.accession and assembly:
            kind, name = self.accession[:3], f"{self.accession}_{assembly}"
            thirds = "/".join(self.accession[i : i + 3] for i in (4, 7, 10))
            return f"{_NCBI}/genomes/all/{kind}/{thirds}/{name}/{name}_genomic.fna.gz"
        return None

    @property
    def checksums_address(self) -> str | None:
        """URL of the source's list of checksums for that folder: Ensembl's `CHECKSUMS`, NCBI's `md5checksums.txt`."""
        if self.variant == "examples" or self.address is None:
            return None
        name = "CHECKSUMS" if self.variant == "ensembl-plants" else "md5checksums.txt"
        return f"{self.address.rpartition('/')[0]}/{name}"


def swap_server(address: str, server: str) -> str:
    """Returns an address on a server that mirrors the same tree: its path under `server`.

    Args:
        address: URL.
        server: What stands before the path there: `https://mirror.org`, `http://127.0.0.1:8000/base`, `file:///mirror`.

    Raises:
        ValueError: One of the two is not what it should be.
    """
    path = urlsplit(address).path
    if "://" not in address or not path.strip("/"):
        raise ValueError(f"{address!r} is no address of a file; write https://server/path")
    if not re.fullmatch(r"(https?://[^/?#\s]+|file:///)[^?#\s]*", server):
        raise ValueError(f"{server!r} is no server; write https://server, https://server/base or file:///base")
    return server.rstrip("/") + path
