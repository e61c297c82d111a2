"""Genomes on public servers: which they are (`manifest`), and fetching them whole (`downloads`)."""
