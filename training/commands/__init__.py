"""The ``deepfake`` commands of training, one a file; --help imports nothing heavy."""
