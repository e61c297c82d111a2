"""From a table of scores at sites to the mean score of each context, for a `Calibration`."""

import pyarrow as pa
import pyarrow.compute as pc

from agront_data.tables.part_files import PartFiles
from agront_data.variants import MeanScore, Score, folded_context


def mean_scores(parts: PartFiles, score: Score, *, folded: bool) -> dict[tuple[str, str], MeanScore]:
    """Groups the scores of sites by context and alternative.

    Args:
        parts: A `VariantTable` of the score, with a column `context`: of each site the letters of its forward strand.
        score: The score.
        folded: Whether a context and its reverse complement are one.

    Returns:
        For each context and alternative how many sites have a score, its mean and its population standard deviation.
    """
    columns = ["context", "alt", score]
    table = pa.concat_tables(
        [pa.Table.from_batches([parts.batch(number)]).select(columns) for number in range(len(parts))]
    )
    keys = zip(table["context"].to_pylist(), table["alt"].to_pylist(), strict=True)
    folded_keys = [folded_context(*key) if folded else key for key in keys]
    grouped = (
        pa.table(
            {
                "context": pa.array([context for context, _ in folded_keys], pa.string()),
                "alt": pa.array([alternative for _, alternative in folded_keys], pa.string()),
                "score": table[score],
            }
        )
        .filter(pc.field("score").is_valid())
        .group_by(["context", "alt"])
        .aggregate([("score", "count"), ("score", "mean"), ("score", "stddev")])
    )
    return {
        (row["context"], row["alt"]): MeanScore(row["score_count"], row["score_mean"], row["score_stddev"])
        for row in grouped.to_pylist()
    }
