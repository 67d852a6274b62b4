// The SDK's own work poller: two that race, and one that is killed.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import Anthropic from '@anthropic-ai/sdk';
import { BetaHeartbeatPreconditionFailedError } from '@anthropic-ai/sdk/resources/beta/environments';
import { Server, collect, ids, refused } from './server.mjs';

const SCRIPT = fileURLToPath(new URL('./worker-process.mjs', import.meta.url));

/** @type {Server} */
let server;
before(async () => (server = await Server.start()));
after(() => server.stop());

/** A child that runs `worker-process.mjs`, waiting for the word to start. */
class WorkerProcess {
  static async spawn(t, farm, stage) {
    const child = spawn(process.execPath, [SCRIPT, server.url, farm.id, stage], {
      env: { ...process.env, WORKER_ENVIRONMENT_KEY: farm.key },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    t.after(() => child.kill('SIGKILL'));
    const worker = new WorkerProcess(child);
    assert.equal(await worker.nextLine(), 'ready');
    return worker;
  }

  constructor(child) {
    this.child = child;
    this.exit = once(child, 'exit');
    this.lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  }

  async nextLine() {
    return (await this.lines.next()).value;
  }

  go() {
    this.child.stdin.write('\n');
  }

  /** What the worker reports until it ends by itself. */
  async reports() {
    const found = (await collect({ [Symbol.asyncIterator]: () => this.lines })).map((line) => JSON.parse(line));
    assert.deepEqual(await this.exit, [0, null]);
    return found;
  }

  /** Ends the worker as a power cut would. */
  async kill() {
    this.child.kill('SIGKILL');
    assert.deepEqual(await this.exit, [null, 'SIGKILL']);
  }
}

test('two pollers share a queue without overlap', async (t) => {
  const farm = await server.farm(t.name);
  const queued = [];
  for (let i = 0; i < 16; i++) queued.push((await farm.enqueue()).id);
  // Neither poller goes on before both hold an item.
  let arrived = 0;
  let release;
  const bothHold = new Promise((resolve) => (release = resolve));
  const consume = async (workerId) => {
    const handled = [];
    for await (const item of farm.poller({ workerId, drain: true, blockMs: null })) {
      handled.push(item.id);
      if (handled.length === 1) {
        if (++arrived === 2) release();
        await bothHold;
      }
    }
    return handled;
  };

  const [one, two] = await Promise.all([consume('w1'), consume('w2')]);

  assert.deepEqual([...one, ...two].sort(), queued);
  for (const [workerId, handled] of [['w1', one], ['w2', two]]) {
    assert.ok(handled.length > 0);
    for (const id of handled) {
      const attempts = await farm.attempts(id);
      assert.deepEqual(attempts.map((attempt) => attempt.worker_id), [workerId]);
    }
  }
  // The poller asks for an orderly stop, which nobody is left to confirm.
  assert.deepEqual(new Set(await farm.states()), new Set(['stopping']));
  await server.advance(121);
  assert.deepEqual(new Set(await farm.states()), new Set(['stopped']));
  assert.deepEqual(await farm.drain(), []);
});

test('two processes share a queue without overlap', async (t) => {
  const farm = await server.farm(t.name);
  const queued = [];
  for (let i = 0; i < 24; i++) queued.push((await farm.enqueue()).id);
  const workers = [await WorkerProcess.spawn(t, farm, 'finish'), await WorkerProcess.spawn(t, farm, 'finish')];

  for (const worker of workers) worker.go();
  const handled = (await Promise.all(workers.map((worker) => worker.reports()))).flat();

  assert.deepEqual(ids(handled).sort(), queued);
});

test('a killed worker loses its item to another', async (t) => {
  const farm = await server.farm(t.name);
  const { id } = await farm.enqueue();
  const victim = await WorkerProcess.spawn(t, farm, 'held');
  victim.go();
  const held = JSON.parse(await victim.nextLine());
  assert.equal(held.id, id);

  await victim.kill();

  assert.deepEqual(await farm.states(), ['active']);
  assert.deepEqual(await farm.drain(), []);
  await server.advance(299);
  assert.deepEqual(await farm.drain(), []);
  await server.advance(2);
  const heir = await WorkerProcess.spawn(t, farm, 'held');
  heir.go();
  const taken = JSON.parse(await heir.nextLine());
  assert.equal(taken.id, id);
  const late = farm.work.heartbeat(id, { ...farm.in, expected_last_heartbeat: held.last });
  const error = await refused(late, BetaHeartbeatPreconditionFailedError);
  assert.equal(error.details.current_state.last_heartbeat, taken.last);
  assert.deepEqual((await farm.attempts(id)).map((attempt) => attempt.outcome), ['lapsed', 'open']);
});

test('the poller leaves the stop to the consumer', async (t) => {
  const farm = await server.farm(t.name);
  const { id } = await farm.enqueue();

  const taken = await collect(farm.poller({ drain: true, blockMs: null, autoStop: false }));

  assert.deepEqual(ids(taken), [id]);
  assert.deepEqual(await farm.states(), ['starting']);
});

test('the poller ends when its key is refused', async (t) => {
  const farm = await server.farm(t.name);
  farm.key = 'ek-unknown';

  await refused(collect(farm.poller({})), Anthropic.AuthenticationError);
});
