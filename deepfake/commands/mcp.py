"""``deepfake mcp``: the service as tools for assistants."""

from __future__ import annotations

from pathlib import Path

import click

from deepfake_client.connecting import at_a_service


@click.command()
@click.option("--folder", type=click.Path(exists=True, file_okay=False, path_type=Path),
              help="Send files below it only; without it, any image or video that can be "
              "read.")  # fmt: skip
@at_a_service
def mcp(folder: Path | None, server: str, api_key: str | None) -> None:
    """Serve the Model Context Protocol on stdin and stdout.

    The tools are `detect` (a path or URL becomes a verdict) and `explain_result` (a job becomes
    scores by frame, reasons and what was not checked). A service has to run: `deepfake serve`.

    \b
    Examples:
      deepfake mcp
      deepfake mcp --folder ~/Pictures --server https://deepfake.example.org
    In the settings of an assistant:
      {"mcpServers": {"deepfake": {"command": "deepfake", "args": ["mcp"]}}}
    """
    from deepfake.assistant.server import build
    from deepfake_client import AsyncClient, ClientError

    try:
        client = AsyncClient(server, api_key=api_key)
    except ClientError as error:
        raise click.ClickException(error.message) from error
    build(client, folder).run("stdio")
