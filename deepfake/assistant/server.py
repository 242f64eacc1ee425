"""The MCP server: two tools that ask a running service."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field

from core.errors import DeepfakeError
from core.media.sniff import sniff
from deepfake.assistant.answers import Detection, Explanation
from deepfake_client import AsyncClient, ClientError
from deepfake_client.options import is_url

INSTRUCTIONS: Final = (
    "Tells whether faces in an image or a video look generated or swapped. Repeat the sentence of "
    "an answer with its limits: a verdict is a statistic of a model and no proof, `inconclusive` "
    "means that nothing can be said, and `real` means only that no sign was found."
)
HEAD_BYTES: Final = 4096  # of a file, which tell its format
Source = Annotated[str, Field(description="Path of a file on this machine, or an http(s) URL.")]
Frames = Annotated[int | None, Field(ge=1, le=50, description="Frames of a video to judge.")]
JobId = Annotated[str, Field(description="`job` of an answer of detect.")]


class Assistant:
    """What the tools do; ``folder`` bounds the files that may be sent."""

    def __init__(self, client: AsyncClient, folder: Path | None) -> None:
        self._client = client
        self._folder = folder

    async def detect(self, source: Source, frames: Frames = None) -> Detection:
        """Judge a file: verdict, probability, how often such verdicts are wrong, and a sentence."""
        sent = source if is_url(source) else self._checked(source)
        try:
            job = await self._client.detect(sent, frames=frames, evidence=True)
        except (ClientError, OSError) as error:
            raise ToolError(str(error)) from error
        return Detection.of(dict(job.document))

    async def explain_result(self, job: JobId) -> Explanation:
        """Explain a verdict: scores by frame, reasons, and what was not checked."""
        try:
            found = await self._client.wait(job)
        except ClientError as error:
            raise ToolError(str(error)) from error
        return Explanation.of(dict(found.document))

    def _checked(self, source: str) -> Path:
        """The file; nothing that is no image or video ever leaves this machine."""
        path = Path(source).expanduser().resolve()
        if self._folder is not None and not path.is_relative_to(self._folder.resolve()):
            raise ToolError(f"{source} is not below {self._folder}, the folder that is allowed.")
        try:
            with path.open("rb") as file:
                sniff(file.read(HEAD_BYTES))
        except OSError as error:
            raise ToolError(f"{source} cannot be read: {error.strerror}.") from error
        except DeepfakeError as error:
            raise ToolError(f"{source} is not sent: {error.message}") from error
        return path


def build(client: AsyncClient, folder: Path | None) -> MCPServer:
    """The server, not yet running."""
    assistant = Assistant(client, folder)
    server: MCPServer = MCPServer("deepfake", instructions=INSTRUCTIONS, log_level="WARNING")
    server.tool()(assistant.detect)
    server.tool()(assistant.explain_result)
    return server
