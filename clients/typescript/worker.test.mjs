// The SDK's own environment worker and session tool runner, on whole sessions
// (the steps of worker-protocol §10 that a worker takes part in).
//
// The server gives short leases, or each test of a lease that is lost in mid-work
// would take half a minute.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import fs, { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { betaTool } from '@anthropic-ai/sdk/helpers/beta/json-schema';
import { ASKING_TOOLSET, Conversation, LOOKUP, TOOLSET, message, of, said, types, words } from './conversation.mjs';
import { Server, eventually, ids } from './server.mjs';

const SCRIPT = fileURLToPath(new URL('./worker-process.mjs', import.meta.url));
const TTL_SECONDS = 10;
const MAX_IDLE_MS = 1000;

/** @type {Server} */
let server;
before(async () => (server = await Server.start('--default-ttl-seconds', String(TTL_SECONDS))));
after(() => server.stop());

/** A farm, and a folder in which its workers work. */
async function workshop(t) {
  const farm = await server.farm(t.name);
  farm.folder = await mkdtemp(path.join(tmpdir(), 'leasehold-work-'));
  /** What its workers have warned of. */
  farm.complaints = [];
  /** How often workers have begun with the step that waits. */
  farm.begun = async () => {
    const mark = path.join(farm.folder, 'begun');
    return existsSync(mark) ? (await readFile(mark, 'utf8')).trim().split('\n').length : 0;
  };
  /** Lets the step that waits go on. */
  farm.go = () => writeFile(path.join(farm.folder, 'go'), '');
  farm.workers = [];
  t.after(async () => {
    await farm.go();
    await Promise.all(farm.workers.map((stop) => stop()));
    await rm(farm.folder, { recursive: true, force: true, maxRetries: 5 });
  });
  return farm;
}

/** Runs the stock worker until the test is over. */
function serve(farm) {
  const complain = (...words) => farm.complaints.push(words.map(String).join(' '));
  const logger = { error: complain, warn: complain, info() {}, debug() {} };
  const client = server.connect(farm.key).withOptions({ logger, logLevel: 'warn' });
  const stop = new AbortController();
  const running = client.beta.environments.work
    .worker({
      environmentId: farm.id,
      environmentKey: farm.key,
      workdir: farm.folder,
      maxIdleMs: MAX_IDLE_MS,
    })
    .run(stop.signal)
    .catch((error) => {
      if (!stop.signal.aborted) throw error;
    });
  farm.workers.push(async () => {
    stop.abort();
    await running;
  });
}

test('the worker answers, the turn ends, and it stops once it has been idle', async (t) => {
  const farm = await workshop(t);
  const talk = await Conversation.start(t, farm, 'hands', [TOOLSET]);
  const asked = await talk.say('greet');
  const call = of(asked, 'agent.tool_use');
  assert.deepEqual(asked.at(-1).stop_reason, { type: 'requires_action', event_ids: [call.id] });

  serve(farm);

  const answered = await talk.rest();
  assert.deepEqual(types(answered), [
    'user.tool_result',
    'session.status_running',
    'session.thread_status_running',
    'span.model_request_start',
    'agent.message',
    'span.model_request_end',
    'session.usage',
    'session.thread_status_idle',
    'session.status_idle',
  ]);
  const result = of(answered, 'user.tool_result');
  assert.deepEqual([result.tool_use_id, result.is_error, words(result)], [call.id, false, 'hi']);
  assert.deepEqual(said(answered), ['It says: hi']);
  assert.deepEqual(ids(await talk.history()), ids([...asked, ...answered]));
  await eventually(async () => (await farm.states()).every((state) => state === 'stopped'));
  assert.equal(await farm.work.poll(farm.id), null);
  const [item] = await farm.items(talk.id);
  assert.deepEqual(await farm.outcomes(item.id), ['stopped']);
  assert.deepEqual(farm.complaints, []);

  // A message after the stop is a second item for the same session.
  await talk.send(message('greet'));
  assert.deepEqual(said(await talk.rest()), ['I greet.', 'It says: hi']);
  assert.equal((await farm.items(talk.id)).length, 2);
});

test('all six tools of the worker', async (t) => {
  const farm = await workshop(t);
  const talk = await Conversation.start(t, farm, 'hands', [TOOLSET]);
  serve(farm);

  await talk.send(message('every tool'));

  const turn = await talk.rest();
  const called = new Map(turn.filter((event) => event.type === 'agent.tool_use').map((event) => [event.id, event.name]));
  assert.deepEqual([...called.values()], ['write', 'edit', 'read', 'glob', 'grep', 'bash']);
  const results = turn.filter((event) => event.type === 'user.tool_result');
  // Its `glob` works with newer releases of Node alone, and says so.
  assert.deepEqual(
    results.filter((event) => event.is_error).map((event) => called.get(event.tool_use_id)),
    fs.glob ? ['bash'] : ['glob', 'bash'],
  );
  assert.match(words(results[2]), /three/);
  assert.match(words(results[5]), /^one\nthree/);
});

test('a worker that has lost its lease lets go', async (t) => {
  const farm = await workshop(t);
  const talk = await Conversation.start(t, farm, 'hands', [TOOLSET]);
  await talk.say('greet');
  const polled = await farm.work.poll(farm.id);
  await farm.work.ack(polled.id, farm.in);
  const first = await farm.work.heartbeat(polled.id, { ...farm.in, expected_last_heartbeat: 'NO_HEARTBEAT' });
  const echo = { ...farm.in, expected_last_heartbeat: first.last_heartbeat };
  const { last_heartbeat } = await farm.work.heartbeat(polled.id, echo);

  await server
    .connect(farm.key)
    .withOptions({ logLevel: 'off' })
    .beta.environments.work.worker({ workdir: farm.folder })
    .handleItem({ workId: polled.id, environmentId: farm.id, sessionId: talk.id, workSecret: polled.secret });

  const [item] = await farm.items(talk.id);
  assert.deepEqual([item.state, item.latest_heartbeat_at], ['active', last_heartbeat]);
});

test('a worker that is asked to stop ends its item, and its call is made again', async (t) => {
  const farm = await workshop(t);
  const talk = await Conversation.start(t, farm, 'hands', [TOOLSET]);
  const call = of(await talk.say('wait'), 'agent.tool_use');
  serve(farm);
  await eventually(farm.begun);
  const [item] = await farm.items(talk.id);

  const stopping = await farm.operator.environments.work.stop(item.id, farm.in);

  assert.equal(stopping.state, 'stopping');
  await eventually(async () => (await farm.outcomes(item.id)).join() === 'stopped');
  // This worker drops the call that it was making; what it leaves behind is another item.
  await eventually(async () => (await farm.begun()) === 2);
  await farm.go();
  const answered = await talk.rest();
  assert.equal(of(answered, 'user.tool_result').tool_use_id, call.id);
  assert.deepEqual(said(answered), ['It says: went on']);
  assert.equal((await farm.items(talk.id)).length, 2);
});

test('a worker that is killed in mid-tool is replaced', async (t) => {
  const farm = await workshop(t);
  const talk = await Conversation.start(t, farm, 'hands', [TOOLSET]);
  const call = of(await talk.say('wait'), 'agent.tool_use');
  const victim = spawn(process.execPath, [SCRIPT, server.url, farm.id, 'serve'], {
    cwd: farm.folder,
    env: { ...process.env, WORKER_ENVIRONMENT_KEY: farm.key },
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  t.after(() => victim.kill('SIGKILL'));
  victim.stdin.write('\n');
  await eventually(farm.begun);

  const ended = once(victim, 'exit');
  victim.kill('SIGKILL');
  await ended;

  const [item] = await farm.items(talk.id);
  assert.equal(item.state, 'active');
  await server.advance(TTL_SECONDS + 1);
  serve(farm);
  await eventually(async () => (await farm.begun()) === 2);
  await farm.go();
  const answered = await talk.rest();
  assert.equal(of(answered, 'user.tool_result').tool_use_id, call.id);
  assert.deepEqual(said(answered), ['It says: went on']);
  await eventually(async () => (await farm.outcomes(item.id)).join() === 'lapsed,stopped');
});

test('a call is held until it is allowed, and never made if it is denied', async (t) => {
  const farm = await workshop(t);
  const talk = await Conversation.start(t, farm, 'hands', [ASKING_TOOLSET]);
  serve(farm);
  const allowed = of(await talk.say('greet'), 'agent.tool_use');
  assert.equal(allowed.evaluated_permission, 'ask');

  await talk.send({ type: 'user.tool_confirmation', tool_use_id: allowed.id, result: 'allow' });
  const answered = await talk.rest();
  assert.deepEqual(types(answered).slice(0, 2), ['user.tool_confirmation', 'user.tool_result']);
  assert.deepEqual(said(answered), ['It says: hi']);

  const denied = of(await talk.say('wait'), 'agent.tool_use');
  const no = { type: 'user.tool_confirmation', tool_use_id: denied.id, result: 'deny', deny_message: 'No.' };
  await talk.send(no);
  const told = await talk.rest();
  assert.equal(of(told, 'agent.tool_result').tool_use_id, denied.id);
  assert.match(said(told).at(-1), /No\./);
  assert.equal(await farm.begun(), 0);
});

test('a custom tool is answered by another client', async (t) => {
  const farm = await workshop(t);
  const talk = await Conversation.start(t, farm, 'hands', [TOOLSET, LOOKUP]);
  serve(farm);
  const lookup = betaTool({
    name: LOOKUP.name,
    description: LOOKUP.description,
    inputSchema: LOOKUP.input_schema,
    run: ({ order }) => `${order} was sent`,
  });
  await talk.send(message('both'));

  const dispatched = [];
  const runner = farm.operator.sessions.events.toolRunner(talk.id, { tools: [lookup], maxIdleMs: MAX_IDLE_MS });
  for await (const call of runner) dispatched.push([call.name, call.posted]);

  const turn = await talk.rest();
  assert.deepEqual(dispatched.toSorted(), [['bash', false], ['lookup', true]]);
  assert.equal(words(of(turn, 'user.custom_tool_result')), '4711 was sent');
  assert.equal(words(of(turn, 'user.tool_result')), 'hi');
  assert.equal(turn.at(-1).stop_reason.type, 'end_turn');
});

test('interrupt ends a call that is being made', async (t) => {
  const farm = await workshop(t);
  const talk = await Conversation.start(t, farm, 'hands', [TOOLSET]);
  serve(farm);
  const call = of(await talk.say('wait'), 'agent.tool_use');
  await eventually(farm.begun);

  await talk.send({ type: 'user.interrupt' });

  const ended = await talk.until('session.status_idle');
  assert.deepEqual(types(ended), [
    'user.tool_result',
    'user.interrupt',
    'session.thread_status_idle',
    'session.status_idle',
  ]);
  assert.deepEqual([ended[0].tool_use_id, ended[0].is_error], [call.id, true]);
  await farm.go();
  await talk.send(message('greet'));
  assert.deepEqual(said(await talk.rest()), ['I greet.', 'It says: hi']);
});
