"""``python -m subgraphs.payment.simulator --port 4010``: the simulator as a process of its own.

PROVIDER_SECRET and WEBHOOK_SECRET are what the payment service has as PAYMENT_PROVIDER_SECRET and
PAYMENT_WEBHOOK_SECRET; SIMULATOR_HANG_SECONDS, SIMULATOR_COPIES and SIMULATOR_REVERSE_SECONDS make it misbehave.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from subgraphs.payment.simulator.app import HANG_SECONDS, SECRET, WEBHOOK_SECRET, Simulator
from subgraphs.payment.simulator.books import Books
from subgraphs.payment.simulator.webhooks import Messenger


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(description="A payment provider to develop and test against.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=4010)
    parser.add_argument("--books", type=Path, help="file that keeps the provider's books")
    parser.add_argument("--webhooks", help="base URL of the payment service")
    arguments = parser.parse_args()
    environ = os.environ
    messenger = Messenger(
        arguments.webhooks,
        environ.get("WEBHOOK_SECRET", WEBHOOK_SECRET),
        copies=int(environ.get("SIMULATOR_COPIES", "1")),
        reverse_seconds=float(environ.get("SIMULATOR_REVERSE_SECONDS", "0")),
    )
    hang = float(environ.get("SIMULATOR_HANG_SECONDS", str(HANG_SECONDS)))
    simulator = Simulator(environ.get("PROVIDER_SECRET", SECRET), Books(arguments.books), messenger, hang)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await simulator.aclose()

    app = simulator.app()
    app.router.lifespan_context = lifespan
    uvicorn.run(app, host=arguments.host, port=arguments.port, log_level="warning", timeout_graceful_shutdown=2)


if __name__ == "__main__":
    main()
