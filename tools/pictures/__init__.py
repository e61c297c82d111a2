"""Pictures: all that matplotlib draws."""

from pictures.dependency_map import draw_dependencies
from pictures.effect_map import check_effects_can_be_drawn, draw_effects
from pictures.loss_curves import plot_losses, plot_runs
from pictures.picture_file import DRAWN_ENDINGS
from pictures.species_chart import draw_species_shares
from pictures.umap_picture import FEWEST_POINTS, check_umap_is_installed, chosen_points, draw_umap

__all__ = [
    "DRAWN_ENDINGS",
    "FEWEST_POINTS",
    "check_effects_can_be_drawn",
    "check_umap_is_installed",
    "chosen_points",
    "draw_dependencies",
    "draw_effects",
    "draw_species_shares",
    "draw_umap",
    "plot_losses",
    "plot_runs",
]
