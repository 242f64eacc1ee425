"""``python -m deepfake`` is the ``deepfake`` command."""

from deepfake.cli import main

main()
