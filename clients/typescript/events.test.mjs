// Agents, models, events and streams through `@anthropic-ai/sdk`.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import { Conversation, LOOKUP, TOOLSET, message, of, said, text, types, words } from './conversation.mjs';
import { Server, collect, ids, refused } from './server.mjs';

/** @type {Server} */
let server;
before(async () => (server = await Server.start()));
after(() => server.stop());

test('agents', async (t) => {
  const { agents } = (await server.account(t.name)).client.beta;

  const made = await agents.create({ name: 'n', model: 'echo', system: 'old', tools: [TOOLSET, LOOKUP] });
  assert.match(made.id, /^agent_[0-9a-f]{32}$/);
  assert.deepEqual([made.version, made.model.id, made.tools.length], [1, 'echo', 2]);
  assert.deepEqual(made.tools[0].default_config, { enabled: true, permission_policy: { type: 'always_allow' } });
  assert.deepEqual(await agents.retrieve(made.id), made);

  const changed = await agents.update(made.id, { version: 1, name: 'm', system: null, tools: [] });
  assert.deepEqual([changed.version, changed.name, changed.system, changed.tools], [2, 'm', null, []]);
  assert.equal((await agents.retrieve(made.id, { version: 1 })).system, 'old');
  assert.deepEqual((await collect(agents.versions.list(made.id))).map((agent) => agent.version), [2, 1]);
  await refused(agents.update(made.id, { version: 1, name: 'x' }), Anthropic.ConflictError);
  await refused(agents.create({ name: '', model: 'echo' }), Anthropic.BadRequestError);

  assert.notEqual((await agents.archive(made.id)).archived_at, null);
  assert.deepEqual(ids(await collect(agents.list())), []);
  assert.deepEqual(ids(await collect(agents.list({ include_archived: true }))), [made.id]);
});

test('models', async (t) => {
  const { client } = await server.account(t.name);

  const models = await collect(client.beta.models.list());

  assert.deepEqual(ids(models), ['scripted', 'echo', 'hands', 'novelist', 'fickle', 'strict']);
  assert.deepEqual(await client.beta.models.retrieve('echo'), models[1]);
});

test('a turn, its history and its thread', async (t) => {
  const farm = await server.farm(t.name);
  const talk = await Conversation.start(t, farm, 'echo');

  const [sent] = await talk.send(message('hello'));

  assert.equal('processed_at' in sent, false);
  const turn = await talk.rest();
  assert.deepEqual(types(turn), [
    'session.status_running',
    'session.thread_status_running',
    'user.message',
    'span.model_request_start',
    'agent.message',
    'span.model_request_end',
    'session.usage',
    'session.thread_status_idle',
    'session.status_idle',
  ]);
  assert.deepEqual(said(turn), ['You said: hello']);
  assert.deepEqual(await talk.history(), turn);
  const page = await farm.operator.sessions.events.list(talk.id, { limit: 3 });
  assert.deepEqual(ids(page.data), ids(turn.slice(0, 3)));
  assert.deepEqual(ids((await page.getNextPage()).data), ids(turn.slice(3, 6)));
  const said2 = farm.operator.sessions.events.list(talk.id, { types: ['agent.message', 'user.message'], order: 'desc' });
  assert.deepEqual(types(await collect(said2)), ['agent.message', 'user.message']);
  const [thread] = await collect(farm.operator.sessions.threads.list(talk.id));
  assert.equal(of(turn, 'session.thread_status_idle').session_thread_id, thread.id);
  const inThread = farm.operator.sessions.threads.events.list(thread.id, { session_id: talk.id });
  assert.deepEqual(ids(await collect(inThread)), ids(turn));
});

test('previews add up to the message, and two readers see the same', async (t) => {
  const farm = await server.farm(t.name);
  const plain = await Conversation.start(t, farm, 'novelist');
  const previewing = await Conversation.watch(t, farm.operator.sessions, plain.id, { event_deltas: ['agent.message'] });

  const turn = await plain.say('tell');

  const previewed = await previewing.rest();
  const truth = of(turn, 'agent.message');
  const deltas = previewed.filter((event) => event.type === 'event_delta');
  assert.equal(of(previewed, 'event_start').event.id, truth.id);
  assert.equal(deltas.map((event) => event.delta.content.text).join(''), words(truth));
  assert.deepEqual(previewed.filter((event) => !event.type.startsWith('event_')), turn);
});

test('refusals', async (t) => {
  const farm = await server.farm(t.name);
  const talk = await Conversation.start(t, farm, 'echo');

  for (const bad of [{ type: 'user.message', content: [] }, { type: 'agent.message', content: text('x') }]) {
    const error = await refused(talk.send(message('hello'), bad), Anthropic.BadRequestError);
    assert.equal(error.type, 'invalid_request_error');
  }
  assert.deepEqual(await talk.history(), []);
  const stream = farm.operator.sessions.events.stream(talk.id, { event_deltas: ['user.message'] });
  await refused(stream, Anthropic.BadRequestError);
});

test('a stream ends with its session', async (t) => {
  const farm = await server.farm(t.name);
  const deleted = await Conversation.start(t, farm, 'echo');
  const lost = await Conversation.start(t, farm, 'fickle');

  await farm.operator.sessions.delete(deleted.id);
  await lost.send(message('too long'));

  assert.deepEqual(types(await deleted.remainder()), ['session.deleted']);
  assert.deepEqual(types(await lost.remainder()).slice(-2), ['session.error', 'session.status_terminated']);
});
