"""A worker in a process of its own, made of the Anthropic SDK's work poller.

    worker_process.py URL ENVIRONMENT_ID STAGE

The environment key comes in `WORKER_ENVIRONMENT_KEY`. The worker prints `ready`,
waits for a line on its input, and then reports on its output as JSON lines.
STAGE says how far it gets:

    delivered     polls one item and hangs
    acknowledged  takes one item from the poller and hangs
    held          takes one item, sends a heartbeat and hangs
    finish        takes items until the queue is empty, each with two heartbeats
    serve         is the SDK's whole worker: it takes items and runs tools, here, for ever
"""

import asyncio
import json
import os
import sys

import anthropic
from anthropic.types.beta.environments import BetaSelfHostedWork


def report(**fields: str) -> None:
    print(json.dumps(fields), flush=True)


async def hang() -> None:
    await asyncio.Event().wait()


async def main(url: str, environment_id: str, stage: str) -> None:
    key = os.environ["WORKER_ENVIRONMENT_KEY"]
    async with anthropic.AsyncAnthropic(auth_token=key, base_url=url) as client:
        work = client.beta.environments.work

        async def beat(item: BetaSelfHostedWork, expected: str) -> str:
            answer = await work.heartbeat(item.id, environment_id=environment_id, expected_last_heartbeat=expected)
            assert answer.lease_extended
            return answer.last_heartbeat

        if stage == "serve":
            await work.worker(environment_id=environment_id, environment_key=key, max_idle=1).run()
        if stage == "delivered":
            item = await work.poll(environment_id)
            assert item is not None
            report(work_id=item.id)
            await hang()
        async for item in work.poller(environment_id=environment_id, environment_key=key, block_ms=None, drain=True):
            if stage == "acknowledged":
                report(work_id=item.id)
                await hang()
            last = await beat(item, "NO_HEARTBEAT")
            if stage == "held":
                report(work_id=item.id, last_heartbeat=last)
                await hang()
            await beat(item, last)
            report(work_id=item.id)


if __name__ == "__main__":
    print("ready", flush=True)
    sys.stdin.readline()
    asyncio.run(main(*sys.argv[1:]))
