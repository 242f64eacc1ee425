"""Pictures that move: GIF, and animated PNG, WebP, AVIF and HEIF."""
