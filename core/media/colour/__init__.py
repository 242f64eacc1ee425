"""From the colours that a file states to 8-bit sRGB or BT.709."""
