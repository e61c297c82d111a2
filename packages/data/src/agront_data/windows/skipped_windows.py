"""What a grid of windows has cut short or left out, in words."""

from agront_data.windows.window_grid import WindowGrid


def describe_skipped(grid: WindowGrid) -> list[str]:
    """Returns a sentence for each kind of window that is short or skipped, with its number; none where all are whole.

    Args:
        grid: The windows to train on.
    """
    kinds = (
        (grid.short_windows, "training windows are short and padded"),
        (grid.skipped_short, "stretches are shorter than a window and skipped"),
        (grid.skipped_n, "training windows hold too many N and are skipped"),
        (grid.skipped_soft_masked, "training windows are soft-masked too far and are skipped"),
    )
    return [f"{count:,} {what}" for count, what in kinds if count]
