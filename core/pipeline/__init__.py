"""The one room where the stages meet: bytes → frames → faces → JPEG → score → verdict.

The worker runs :mod:`core.pipeline.extraction` in its sandboxed child and
:mod:`core.pipeline.judgement` beside the model; the command line and the evaluation call
the same two. They are two files so that the process with the model imports no decoder.
"""
