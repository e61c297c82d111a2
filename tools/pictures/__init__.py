"""Pictures: all that matplotlib draws."""

from pictures.loss_curves import plot_losses, plot_runs
from pictures.species_chart import draw_species_shares
from pictures.umap_picture import FEWEST_POINTS, check_umap_is_installed, chosen_points, draw_umap

__all__ = [
    "FEWEST_POINTS",
    "check_umap_is_installed",
    "chosen_points",
    "draw_species_shares",
    "draw_umap",
    "plot_losses",
    "plot_runs",
]
