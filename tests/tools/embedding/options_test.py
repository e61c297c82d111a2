import pytest
from embedding.options import check_output_name


@pytest.mark.parametrize("name", ["out", "out.csv", "out.parquet.gz", "out.h5", "out.tsv"])
def test_an_unknown_ending_is_refused(name, tmp_path):
    with pytest.raises(ValueError, match=r"give one of \.parquet, \.npz, \.zarr$"):
        check_output_name(tmp_path / name)


def test_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"there is no folder .*nowhere; make it first"):
        check_output_name(tmp_path / "nowhere" / "out.npz")
