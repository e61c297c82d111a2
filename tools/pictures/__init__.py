"""Pictures: all that matplotlib draws."""

from pictures.species_chart import draw_species_shares

__all__ = ["draw_species_shares"]
