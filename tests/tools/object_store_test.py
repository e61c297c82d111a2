"""A store in a bucket: written and trained on by the same commands as one in a folder."""

import json

import prepare_data
import pretrain
import pytest
from object_server import BUCKET, serve_objects

TINY = (
    *("--model.num-layers", "1", "--model.embed-dim", "16", "--model.num-heads", "2", "--model.ffn-dim", "32"),
    *("--windows.length", "96", "--held-out.every", "5", "--held-out.block-length", "96", "--held-out.offset", "2"),
    *("--train.batch-size", "4", "--train.steps", "3", "--train.evaluate-every", "3", "--train.checkpoint-every", "3"),
)


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch, serve_objects(tmp_path_factory.mktemp("server") / "log") as address:
        patch.setenv("AWS_ACCESS_KEY_ID", "any")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "any")
        yield address


def losses(run):
    lines = (run / "metrics.jsonl").read_text().splitlines()
    return [(record["loss"], record.get("held_out_loss")) for record in map(json.loads, lines)]


def test_ingest_and_training_read_and_write_a_bucket(
    endpoint, tmp_path, run_tool, write_fasta, random_dna, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    genome = write_fasta(tmp_path / "toy.fa", c1=random_dna(1, 3000), c2=random_dna(2, 900))
    bucket, server = f"s3://{BUCKET}/plants/toy", ("--endpoint", endpoint)

    missing = run_tool(pretrain.main, "demo", "--data", bucket, *server, "--run", tmp_path / "in_bucket", *TINY)
    assert missing.code == 1
    assert f"prepare_data.py --out {bucket} --endpoint {endpoint} GENOME.fa.gz" in missing.err

    written = run_tool(prepare_data.main, "--out", bucket, *server, genome)
    assert (written.code, written.err) == (0, "")
    assert f"--data {bucket} --run toy-run --endpoint {endpoint}" in written.out
    assert run_tool(prepare_data.main, "--out", tmp_path / "store", genome).code == 0

    trained = run_tool(pretrain.main, "demo", "--data", bucket, *server, "--run", tmp_path / "in_bucket", *TINY)
    assert (trained.code, trained.err) == (0, "")
    assert run_tool(pretrain.main, "demo", "--data", "store", "--run", tmp_path / "in_folder", *TINY).code == 0
    assert losses(tmp_path / "in_bucket") == losses(tmp_path / "in_folder")
