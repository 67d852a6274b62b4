// Sessions through `@anthropic-ai/sdk`, and what they do to the work queue.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import { Server, collect, ids, refused, sessionsToken } from './server.mjs';

const MISSING = `sesn_${'0'.repeat(32)}`;

/** @type {Server} */
let server;
before(async () => (server = await Server.start()));
after(() => server.stop());

test('create returns the whole object', async (t) => {
  const farm = await server.farm(t.name);

  const made = await farm.operator.sessions.create({
    agent: { type: 'agent', id: farm.agentId, version: 1 },
    environment_id: farm.id,
    title: 'Nightly',
    metadata: { ticket: '4711' },
  });

  assert.match(made.id, /^sesn_[0-9a-f]{32}$/);
  const { agent, usage, stats, ...rest } = made;
  assert.deepEqual(rest, {
    id: made.id,
    type: 'session',
    environment_id: farm.id,
    status: 'idle',
    title: 'Nightly',
    metadata: { ticket: '4711' },
    resources: [],
    vault_ids: [],
    budget: null,
    outcome_evaluations: [],
    deployment_id: null,
    archived_at: null,
    created_at: made.created_at,
    updated_at: made.created_at,
  });
  assert.deepEqual([agent.id, agent.type, agent.version], [farm.agentId, 'agent', 1]);
  assert.deepEqual([agent.name, agent.model.id], ['reviewer', 'echo']);
  assert.deepEqual([agent.tools, agent.mcp_servers, agent.skills], [[], [], []]);
  assert.deepEqual([agent.description, agent.system, agent.multiagent], [null, null, null]);
  assert.deepEqual(agent.execution_identity, { type: 'service_account' });
  assert.deepEqual([usage.input_tokens, usage.output_tokens], [0, 0]);
  assert.equal(stats.active_seconds, 0);
});

test('creation queues one work item without metadata', async (t) => {
  const farm = await server.farm(t.name);
  const session = { agent: farm.agentId, environment_id: farm.id, metadata: { ticket: '4711' } };

  const made = await farm.operator.sessions.create(session);

  const [item, ...others] = await collect(farm.work.list(farm.id));
  assert.deepEqual(others, []);
  assert.deepEqual(item.data, { type: 'session', id: made.id });
  assert.deepEqual([item.state, item.metadata], ['queued', {}]);
});

test('create refuses', async (t) => {
  const farm = await server.farm(t.name);
  const { sessions } = farm.operator;

  for (const bad of [{ agent: '' }, { agent: { id: farm.agentId } }, { agent: farm.agentId, metadata: { k: 'v'.repeat(513) } }]) {
    await refused(sessions.create({ environment_id: farm.id, ...bad }), Anthropic.BadRequestError);
  }
  const nowhere = { agent: farm.agentId, environment_id: `env_${'0'.repeat(32)}` };
  await refused(sessions.create(nowhere), Anthropic.NotFoundError);
  assert.deepEqual(await farm.states(), []);
});

test('retrieve by account, key and claim', async (t) => {
  const farm = await server.farm(t.name);
  const mine = await farm.enqueue();
  const other = await farm.enqueue();
  const polled = await farm.work.poll(farm.id);
  const claim = server.connect(sessionsToken(polled.secret)).beta;

  for (const client of [farm.operator, farm.worker, claim]) {
    const found = await client.sessions.retrieve(mine.data.id);
    assert.deepEqual([found.id, found.status], [mine.data.id, 'idle']);
  }
  await refused(claim.sessions.retrieve(other.data.id), Anthropic.PermissionDeniedError);
  await refused(farm.operator.sessions.retrieve(MISSING), Anthropic.NotFoundError);
});

test('update patches', async (t) => {
  const farm = await server.farm(t.name);
  const { sessions } = farm.operator;
  const made = await sessions.create({
    agent: farm.agentId,
    environment_id: farm.id,
    title: 't',
    metadata: { a: '1', keep: 'me' },
  });
  await server.advance(1);

  const changed = await sessions.update(made.id, { title: 'u', metadata: { a: null, b: '2' } });

  assert.equal(changed.title, 'u');
  assert.deepEqual(changed.metadata, { b: '2', keep: 'me' });
  assert.ok(new Date(changed.updated_at) > new Date(made.updated_at));
  await server.advance(1);
  assert.equal((await sessions.update(made.id, {})).updated_at, changed.updated_at);
});

test('list orders, pages and filters', async (t) => {
  const farm = await server.farm(t.name);
  const { sessions } = farm.operator;
  const other = await farm.account.agent();
  const made = [];
  for (const agent of [farm.agentId, other, farm.agentId]) {
    made.push(await sessions.create({ agent, environment_id: farm.id }));
    await server.advance(1);
  }
  const oldestFirst = ids(made);
  const listed = async (query) => ids(await collect(sessions.list(query)));

  assert.deepEqual(await listed({ limit: 2 }), oldestFirst.toReversed());
  assert.deepEqual(await listed({ limit: 2, order: 'asc' }), oldestFirst);
  assert.deepEqual(await listed({ agent_id: other }), [oldestFirst[1]]);
  assert.deepEqual(
    await listed({ 'created_at[gt]': made[0].created_at, 'created_at[lt]': made[2].created_at }),
    [oldestFirst[1]],
  );
  assert.deepEqual(await listed({ statuses: ['running', 'rescheduling'] }), []);
  assert.deepEqual(await listed({ statuses: ['running', 'idle'] }), oldestFirst.toReversed());
});

test('archive ends the session and its work', async (t) => {
  const farm = await server.farm(t.name);
  const { sessions } = farm.operator;
  const item = await farm.enqueue();

  const archived = await sessions.archive(item.data.id);

  assert.notEqual(archived.archived_at, null);
  assert.equal(archived.status, 'terminated');
  assert.deepEqual(await farm.states(), ['stopped']);
  assert.equal(await farm.work.poll(farm.id), null);
  assert.equal((await sessions.archive(item.data.id)).archived_at, archived.archived_at);
  assert.deepEqual(ids(await collect(sessions.list())), []);
  assert.deepEqual(ids(await collect(sessions.list({ include_archived: true }))), [item.data.id]);
});

test('delete is final', async (t) => {
  const farm = await server.farm(t.name);
  const { sessions } = farm.operator;
  const { data } = await farm.enqueue();

  assert.deepEqual({ ...(await sessions.delete(data.id)) }, { id: data.id, type: 'session_deleted' });

  assert.equal(await farm.work.poll(farm.id), null);
  await refused(sessions.retrieve(data.id), Anthropic.NotFoundError);
  await refused(sessions.delete(data.id), Anthropic.NotFoundError);
});
