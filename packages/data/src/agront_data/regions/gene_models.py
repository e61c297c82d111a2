"""`GeneModel`: a transcript of a GFF3 file, with its exons and coding parts."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from agront_data.sequence_files import other_format, read_chunks


class GeneModel(NamedTuple):
    """A transcript, or a gene that has none in the file; all pieces count from 0, without their ends.

    Attributes:
        name: Of its gene.
        strand: "+", "-", or "." where that is not known.
        start: Its first base.
        end: The base after its last one.
        exons: Start and end of each; the whole of it where the file names none.
        coding: Start and end of each coding part (CDS).
    """

    name: str
    strand: str
    start: int
    end: int
    exons: tuple[tuple[int, int], ...]
    coding: tuple[tuple[int, int], ...]


class _Feature(NamedTuple):
    contig: str
    kind: str
    start: int
    end: int
    strand: str
    attributes: Mapping[str, str]

    @property
    def id(self) -> str:
        return self.attributes.get("ID", "")

    @property
    def parents(self) -> list[str]:
        return [parent for parent in self.attributes.get("Parent", "").split(",") if parent]

    @property
    def name(self) -> str:
        names = (self.attributes.get(key) for key in ("Name", "gene", "gene_name", "locus_tag"))
        return next(filter(None, names), self.id.partition(":")[2] or self.id)


def read_gene_models(path: Path, wanted: Callable[[str], bool] = lambda contig: True) -> dict[str, list[GeneModel]]:
    """Reads the genes of contigs.

    Args:
        path: A GFF3 file, plain or compressed; it is read once, to its end.
        wanted: Whether a contig's genes are, by its name.

    Returns:
        The transcripts of each contig that has some, ordered by their first base.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is no GFF3; the message names file, line and remedy.
    """
    if not path.exists():
        raise FileNotFoundError(f"{path}: no such file; check the path")
    by_id: dict[str, _Feature] = {}
    pieces: defaultdict[str, dict[str, list[tuple[int, int]]]] = defaultdict(lambda: {"exon": [], "CDS": []})
    with_children: set[str] = set()
    for feature in _features(path, wanted):
        with_children.update(feature.parents)
        if feature.kind in ("exon", "CDS"):
            for parent in feature.parents:
                pieces[parent][feature.kind].append((feature.start, feature.end))
        elif feature.id:
            by_id[feature.id] = feature
    models: defaultdict[str, list[GeneModel]] = defaultdict(list)
    for feature in by_id.values():
        childless = feature.id not in with_children and feature.kind.endswith(("gene", "RNA", "transcript"))
        if feature.id not in pieces and not childless:
            continue
        gene = next((by_id[parent] for parent in feature.parents if parent in by_id), feature)
        exons, coding = (tuple(sorted(pieces[feature.id][kind])) for kind in ("exon", "CDS"))
        exons = exons or coding or ((feature.start, feature.end),)
        model = GeneModel(gene.name, feature.strand, feature.start, feature.end, exons, coding)
        models[feature.contig].append(model)
    return {contig: sorted(found, key=lambda model: (model.start, model.end)) for contig, found in models.items()}


def genes_within(genes: Iterable[GeneModel], start: int, end: int) -> list[GeneModel]:
    """Returns genes as far as they lie in a piece of their contig; of transcripts that are the same there, one."""

    def cut(pieces: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
        return tuple((max(first, start), min(last, end)) for first, last in pieces if first < end and last > start)

    inside = (gene for gene in genes if gene.start < end and gene.end > start)
    return list(
        dict.fromkeys(
            GeneModel(
                gene.name, gene.strand, max(gene.start, start), min(gene.end, end), cut(gene.exons), cut(gene.coding)
            )
            for gene in inside
        )
    )


def in_lanes(genes: Iterable[GeneModel]) -> list[list[GeneModel]]:
    """Returns genes in lanes, one below the other, so that none overlaps another in its lane."""
    lanes: list[list[GeneModel]] = []
    for gene in sorted(genes, key=lambda gene: gene.start):
        free = next((lane for lane in lanes if lane[-1].end < gene.start), None)
        if free is None:
            lanes.append([gene])
        else:
            free.append(gene)
    return lanes


def _features(path: Path, wanted: Callable[[str], bool]) -> Iterator[_Feature]:
    for number, line in enumerate(_lines(path), 1):
        if number == 1 and (what := other_format(line)):
            raise ValueError(f"{path}: is {what}")
        if line.startswith(b"##FASTA"):
            return
        if line.startswith(b"#") or not line.strip():
            continue
        fields = line.decode("utf-8", "replace").rstrip("\r").split("\t")
        if len(fields) != 9 or not (fields[3].isdecimal() and fields[4].isdecimal()):
            raise ValueError(
                f"{path}: line {number} is no line of GFF3, which has 9 columns, separated by tabs: contig, source, "
                "kind, first base, last base, score, strand, phase, attributes"
            )
        if not wanted(fields[0]):
            continue
        if fields[8].strip("; .") and "=" not in fields[8]:
            raise ValueError(
                f"{path}: line {number} has attributes as GTF has them, not ID=…;Parent=…; convert it, for example "
                "with gffread: gffread -E OLD.gtf -o NEW.gff3"
            )
        pairs = (pair.strip().partition("=") for pair in fields[8].split(";") if "=" in pair)
        attributes = {key: unquote(value) for key, _, value in pairs}
        yield _Feature(fields[0], fields[2], int(fields[3]) - 1, int(fields[4]), fields[6], attributes)


def _lines(path: Path) -> Iterator[bytes]:
    kept = b""
    for chunk in read_chunks(path):
        *lines, kept = (kept + chunk).split(b"\n")
        yield from lines
    if kept:
        yield kept
