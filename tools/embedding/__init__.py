"""What tools/embed.py is made of: inputs, part files, three kinds of output, a picture."""
