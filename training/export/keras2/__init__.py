"""Files of Keras 2 as Keras 3 can read them.

``file`` reads and writes them, ``layers`` and ``graph`` translate the configuration inside, and
``operations`` holds the calls of TensorFlow that Keras 2 kept in a graph.
"""

from training.export.keras2.file import for_keras_3, saved_by

__all__ = ["for_keras_3", "saved_by"]
