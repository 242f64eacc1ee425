"""What turns bytes into a verdict, and what gateway, workers, training and commands share."""

import sys

# OpenVINO and NNCF tell Google Analytics of every import: they fork a process that opens a
# connection. Where this package cannot be imported, they go on without. All entry points import
# `core` before OpenVINO.
sys.modules["openvino_telemetry"] = None  # type: ignore[assignment] # None: importing it fails
