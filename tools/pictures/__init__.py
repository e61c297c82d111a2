"""Pictures: all that matplotlib draws."""

from pictures.loss_curves import plot_losses, plot_runs
from pictures.species_chart import draw_species_shares

__all__ = ["draw_species_shares", "plot_losses", "plot_runs"]
