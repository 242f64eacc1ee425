"""The containers' own structure: boxes, elements, chunks and tables, read within bounds."""
