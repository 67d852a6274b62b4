// A worker in a process of its own, made of the SDK's work poller.
//
//     worker-process.mjs URL ENVIRONMENT_ID STAGE
//
// The environment key comes in WORKER_ENVIRONMENT_KEY. The worker prints `ready`,
// waits for a line on its input, and then reports on its output as JSON lines.
// STAGE `held` takes one item, sends a heartbeat and hangs; `finish` takes items
// until the queue is empty, each with two heartbeats; `serve` is the SDK's whole worker,
// which takes items and runs tools, here, for ever.

import { once } from 'node:events';
import Anthropic from '@anthropic-ai/sdk';

const [url, environmentId, stage] = process.argv.slice(2);
const environmentKey = process.env.WORKER_ENVIRONMENT_KEY;
const client = new Anthropic({ authToken: environmentKey, apiKey: null, baseURL: url });
const { work } = client.beta.environments;

const beat = async (id, expected) => {
  const answer = await work.heartbeat(id, {
    environment_id: environmentId,
    expected_last_heartbeat: expected,
  });
  return answer.last_heartbeat;
};

console.log('ready');
await once(process.stdin, 'data');
if (stage === 'serve') await work.worker({ environmentId, environmentKey, maxIdleMs: 1000 }).run();
for await (const { id } of work.poller({ environmentId, environmentKey, drain: true, blockMs: null })) {
  const last = await beat(id, 'NO_HEARTBEAT');
  if (stage === 'held') {
    console.log(JSON.stringify({ id, last }));
    // An open input keeps the process alive.
    await new Promise(() => {});
  }
  await beat(id, last);
  console.log(JSON.stringify({ id }));
}
process.stdin.destroy();
