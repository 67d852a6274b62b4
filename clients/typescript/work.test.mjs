// The Work API through `@anthropic-ai/sdk`, with an environment key.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import { BetaHeartbeatPreconditionFailedError } from '@anthropic-ai/sdk/resources/beta/environments';
import { Server, collect, ids, refused, sessionsToken } from './server.mjs';

const MICROSECONDS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
const FIRST = 'NO_HEARTBEAT';

/** @type {Server} */
let server;
before(async () => (server = await Server.start()));
after(() => server.stop());

/** A farm with one item that was polled and acknowledged. */
async function claimed(t) {
  const farm = await server.farm(t.name);
  const { id } = await farm.enqueue();
  const polled = await farm.work.poll(farm.id);
  assert.equal(polled.id, id);
  await farm.work.ack(id, farm.in);
  const beat = (expected, options = {}) =>
    farm.work.heartbeat(id, { ...farm.in, expected_last_heartbeat: expected, ...options });
  return { farm, id, beat, secret: polled.secret };
}

test('an item from queued to stopped', async (t) => {
  const farm = await server.farm(t.name);
  const queued = await farm.enqueue();
  assert.match(queued.id, /^work_[0-9a-f]{32}$/);
  assert.deepEqual({ ...queued }, {
    ...queued,
    type: 'work',
    environment_id: farm.id,
    state: 'queued',
    acknowledged_at: null,
    started_at: null,
    latest_heartbeat_at: null,
    stop_requested_at: null,
    stopped_at: null,
    metadata: {},
    secret: null,
  });

  const polled = await farm.work.poll(farm.id, { block_ms: 999, 'Anthropic-Worker-ID': 'w1' });
  assert.deepEqual([polled.id, polled.state], [queued.id, 'queued']);
  assert.match(sessionsToken(polled.secret), /^lct_/);

  const acked = await farm.work.ack(queued.id, farm.in);
  assert.deepEqual([acked.state, acked.secret], ['starting', null]);
  assert.deepEqual({ ...(await farm.work.ack(queued.id, farm.in)) }, { ...acked });

  const beat = await farm.work.heartbeat(queued.id, { ...farm.in, expected_last_heartbeat: FIRST });
  assert.deepEqual({ ...beat }, {
    type: 'work_heartbeat',
    last_heartbeat: beat.last_heartbeat,
    lease_extended: true,
    state: 'active',
    ttl_seconds: 300,
  });
  assert.match(beat.last_heartbeat, MICROSECONDS);
  const found = await farm.operator.environments.work.retrieve(queued.id, farm.in);
  assert.deepEqual([found.state, found.latest_heartbeat_at], ['active', beat.last_heartbeat]);

  const asked = await farm.operator.environments.work.stop(queued.id, farm.in);
  assert.deepEqual([asked.state, asked.stopped_at], ['stopping', null]);
  const told = await farm.work.heartbeat(queued.id, { ...farm.in, expected_last_heartbeat: 'NO_HEARTBEAT' });
  assert.deepEqual([told.state, told.lease_extended], ['stopping', false]);
  assert.equal(told.last_heartbeat, beat.last_heartbeat);

  const stopped = await farm.work.stop(queued.id, { ...farm.in, force: true });
  assert.equal(stopped.state, 'stopped');
  assert.equal(stopped.stop_requested_at, asked.stop_requested_at);
  assert.deepEqual({ ...(await farm.work.stop(queued.id, farm.in)) }, { ...stopped });
  assert.deepEqual((await farm.attempts(queued.id)).map((attempt) => attempt.outcome), ['stopped']);
});

test('poll of an empty queue is null', async (t) => {
  const farm = await server.farm(t.name);

  assert.equal(await farm.work.poll(farm.id), null);
  const { response } = await farm.work.poll(farm.id, { block_ms: 1 }).withResponse();
  assert.equal(response.status, 200);
  assert.match(response.headers.get('content-type'), /^application\/json/);
  for (const bad of [{ block_ms: 0 }, { block_ms: 1000 }, { reclaim_older_than_ms: 0 }]) {
    await refused(farm.work.poll(farm.id, bad), Anthropic.BadRequestError);
  }
});

test('each heartbeat echoes the one before', async (t) => {
  const { beat, farm, id } = await claimed(t);

  const beats = [await beat(FIRST)];
  for (let i = 0; i < 10; i++) beats.push(await beat(beats.at(-1).last_heartbeat, { desired_ttl_seconds: 9999 }));

  const texts = beats.map((each) => each.last_heartbeat);
  assert.deepEqual(texts, [...new Set(texts)].sort());
  assert.equal(beats.at(-1).ttl_seconds, 600);
  const found = await farm.operator.environments.work.retrieve(id, farm.in);
  assert.equal(found.latest_heartbeat_at, texts.at(-1));
});

test('a stale heartbeat is a typed 412 with the present lease', async (t) => {
  const { beat } = await claimed(t);
  const first = await beat(FIRST);
  const second = await beat(first.last_heartbeat, { desired_ttl_seconds: 60 });

  for (const stale of [FIRST, first.last_heartbeat]) {
    const error = await refused(beat(stale), BetaHeartbeatPreconditionFailedError);
    assert.ok(error instanceof Anthropic.PreconditionFailedError);
    assert.equal(error.status, 412);
    assert.equal(error.type, 'invalid_request_error');
    assert.equal(error.errorCode, 'heartbeat_precondition_failed');
    assert.equal(error.name, 'BetaHeartbeatPreconditionFailedError');
    assert.match(error.apiMessage, /^Heartbeat precondition failed/);
    const { state, last_heartbeat, lease_extended, ttl_seconds } = error.details.current_state;
    assert.deepEqual([state, last_heartbeat, lease_extended, ttl_seconds], [
      'active',
      second.last_heartbeat,
      false,
      60,
    ]);
  }
});

test('a heartbeat on a queued item', async (t) => {
  const farm = await server.farm(t.name);
  const { id } = await farm.enqueue();

  const conditional = farm.work.heartbeat(id, { ...farm.in, expected_last_heartbeat: FIRST });
  const error = await refused(conditional, BetaHeartbeatPreconditionFailedError);

  assert.equal(error.details.current_state.state, 'queued');
  assert.equal(error.details.current_state.last_heartbeat, null);
  assert.equal((await farm.work.heartbeat(id, farm.in)).state, 'active');
});

test('a lapsed claim is superseded', async (t) => {
  const { farm, id, secret, beat } = await claimed(t);
  const old = server.connect(sessionsToken(secret)).beta.environments.work;
  const first = await beat(FIRST, { desired_ttl_seconds: 10 });
  await server.advance(11);
  assert.deepEqual(await farm.states(), ['queued']);

  const again = await farm.work.poll(farm.id);
  assert.deepEqual([again.id, again.latest_heartbeat_at], [id, null]);
  await farm.work.ack(id, farm.in);
  const held = await beat(FIRST);

  const stale = { ...farm.in, expected_last_heartbeat: first.last_heartbeat };
  await refused(old.heartbeat(id, stale), BetaHeartbeatPreconditionFailedError);
  await refused(old.stop(id, { ...farm.in, force: true }), Anthropic.ConflictError);
  const found = await farm.operator.environments.work.retrieve(id, farm.in);
  assert.deepEqual([found.state, found.latest_heartbeat_at], ['active', held.last_heartbeat]);
});

test('list, update and stats', async (t) => {
  const farm = await server.farm(t.name);
  const { work } = farm.operator.environments;
  const queued = [];
  for (let i = 0; i < 5; i++) queued.push((await farm.enqueue()).id);

  assert.deepEqual(ids(await collect(farm.work.list(farm.id, { limit: 2 }))), queued);
  const page = await farm.work.list(farm.id, { limit: 2 });
  assert.deepEqual(ids((await page.getNextPage()).data), queued.slice(2, 4));

  const changed = await work.update(queued[0], { ...farm.in, metadata: { a: '1', b: '' } });
  assert.deepEqual(changed.metadata, { a: '1', b: '' });
  assert.deepEqual((await work.update(queued[0], { ...farm.in, metadata: { a: null } })).metadata, { b: '' });

  await farm.work.poll(farm.id, { 'Anthropic-Worker-ID': 'w1' });
  for (const client of [work, farm.work]) {
    const { depth, pending, workers_polling, oldest_queued_at } = await client.stats(farm.id);
    assert.deepEqual([depth, pending, workers_polling], [4, 1, 1]);
    assert.equal(typeof oldest_queued_at, 'string');
  }
});

test('credentials', async (t) => {
  const farm = await server.farm(t.name);
  const { id } = await farm.enqueue();

  await refused(farm.operator.environments.work.list(farm.id), Anthropic.PermissionDeniedError);
  for (const call of [() => farm.work.retrieve(id, farm.in), () => farm.work.update(id, { ...farm.in, metadata: {} })]) {
    assert.ok([401, 403].includes((await refused(call(), Anthropic.APIError)).status));
  }
  await refused(farm.work.poll(`env_${'0'.repeat(32)}`), Anthropic.PermissionDeniedError);
});
