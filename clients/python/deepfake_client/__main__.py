"""``python -m deepfake_client`` is the ``deepfake`` command."""

from deepfake_client.cli import main

main()
