"""What CLIP expects of pixels in [0, 1], red, green and blue: OpenAI's own preprocessing."""

from __future__ import annotations

MEAN = (0.48145466, 0.4578275, 0.40821073)
DEVIATION = (0.26862954, 0.26130258, 0.27577711)
