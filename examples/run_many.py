"""Start several executions, wait for all of them side by side, and show what came out.

The sandbox stands in for a server; with ``AsyncFlyteRemote()`` alone the same program talks to the
one that your environment or flytectl's file names.

    python examples/run_many.py
"""

from __future__ import annotations

import asyncio

from flytebind.remote import AsyncFlyteRemote, Config, FlyteLaunchPlan
from flytebind.sandbox import Sandbox


async def run(remote: AsyncFlyteRemote, launch_plan: FlyteLaunchPlan, rows: int) -> str:
    """Run a launch plan to its end, and give its summary back."""
    execution = await remote.execute(launch_plan, {"rows": rows})
    await remote.wait(execution, timeout=60, sync_nodes=False)
    return execution.outputs.get("summary", as_type=str)


async def run_all(endpoint: str) -> None:
    """Run it for some inputs at once."""
    config = Config.for_endpoint(endpoint, insecure=True)
    async with AsyncFlyteRemote(config, "flytesnacks", "development") as remote:
        launch_plan = await remote.fetch_launch_plan("chain")
        many = (2, 3, 5, 8)
        summaries = await asyncio.gather(*(run(remote, launch_plan, rows) for rows in many))
        for rows, summary in zip(many, summaries, strict=True):
            print(f"{rows} rows: {summary}")


def main() -> None:
    """Serve, run, and stop."""
    with Sandbox() as sandbox:
        sandbox.engine(speed=10)
        asyncio.run(run_all(sandbox.endpoint))


if __name__ == "__main__":
    main()
