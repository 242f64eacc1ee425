"""The ``deepfake`` command and what stands behind it: the stack, the doctor and the scanner."""
