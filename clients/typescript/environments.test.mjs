// Environments through `@anthropic-ai/sdk`: every method, and the error classes.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import {
  BetaEnvironmentArchivedError,
  BetaInvalidConfigTypeChangeError,
  BetaInvalidMetadataError,
} from '@anthropic-ai/sdk/resources/beta/environments';
import { SELF_HOSTED, Server, collect, ids, refused } from './server.mjs';

const MISSING = `env_${'0'.repeat(32)}`;

/** @type {Server} */
let server;
before(async () => (server = await Server.start()));
after(() => server.stop());

/** The environments of a new account. */
async function environments(t) {
  return (await server.account(t.name)).client.beta.environments;
}

test('create returns the whole object', async (t) => {
  const api = await environments(t);

  const { data: made, response, request_id } = await api
    .create({ name: 'farm', config: SELF_HOSTED, metadata: { team: 'infra' } })
    .withResponse();

  assert.equal(response.status, 200);
  assert.match(request_id, /^req_/);
  assert.match(made.id, /^env_[0-9a-f]{32}$/);
  assert.deepEqual({ ...made }, {
    id: made.id,
    type: 'environment',
    name: 'farm',
    description: null,
    config: { type: 'self_hosted' },
    metadata: { team: 'infra' },
    archived_at: null,
    created_at: made.created_at,
    updated_at: made.created_at,
    scope: 'organization',
  });
});

test('a configuration defaults to an open cloud', async (t) => {
  const api = await environments(t);

  for (const given of [{}, { config: null }, { config: { type: 'cloud' } }]) {
    const { config } = await api.create({ name: 'cloud', ...given });
    const { type: _, ...packages } = config.packages;
    assert.equal(config.type, 'cloud');
    assert.deepEqual(config.networking, { type: 'unrestricted' });
    assert.deepEqual(packages, { apt: [], cargo: [], gem: [], go: [], npm: [], pip: [] });
  }
});

test('a refusal carries the envelope', async (t) => {
  const api = await environments(t);

  const error = await refused(api.create({ name: '', config: SELF_HOSTED }), Anthropic.BadRequestError);

  assert.equal(error.status, 400);
  assert.equal(error.type, 'invalid_request_error');
  assert.equal(error.error.type, 'error');
  assert.match(error.requestID, /^req_/);
  assert.equal(error.error.request_id, error.requestID);
  assert.equal(error.errorCode, null);
});

test('bad metadata has a class of its own', async (t) => {
  const api = await environments(t);
  const metadata = Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`k${i}`, 'v']));

  const error = await refused(api.create({ name: 'n', metadata }), BetaInvalidMetadataError);

  assert.equal(error.errorCode, 'invalid_metadata');
});

test('retrieve and update', async (t) => {
  const api = await environments(t);
  const made = await api.create({
    name: 'n',
    description: 'd',
    config: { type: 'cloud', packages: { pip: ['numpy'] } },
    metadata: { a: '1', b: '2', keep: 'me' },
  });
  assert.deepEqual(await api.retrieve(made.id), made);
  await server.advance(1);

  const changed = await api.update(made.id, {
    name: 'm',
    description: null,
    config: { type: 'cloud', packages: { apt: ['jq'] } },
    metadata: { a: null, b: '', c: '3' },
  });

  assert.equal(changed.name, 'm');
  assert.equal(changed.description, null);
  assert.deepEqual(changed.config.packages.pip, ['numpy']);
  assert.deepEqual(changed.config.packages.apt, ['jq']);
  assert.deepEqual(changed.metadata, { c: '3', keep: 'me' });
  assert.ok(new Date(changed.updated_at) > new Date(made.updated_at));
  await server.advance(1);
  assert.equal((await api.update(made.id, {})).updated_at, changed.updated_at);
  const error = await refused(api.update(made.id, { config: SELF_HOSTED }), BetaInvalidConfigTypeChangeError);
  assert.equal(error.details.error_code, 'invalid_config_type_change');
  await refused(api.retrieve(MISSING), Anthropic.NotFoundError);
});

test('list pages from newest to oldest', async (t) => {
  const api = await environments(t);
  const made = [];
  for (let i = 0; i < 5; i++) made.unshift((await api.create({ name: `n${i}`, config: SELF_HOSTED })).id);

  const page = await api.list({ limit: 2 });

  assert.deepEqual(ids(page.data), made.slice(0, 2));
  assert.ok(page.hasNextPage());
  const last = await (await page.getNextPage()).getNextPage();
  assert.deepEqual(ids(last.data), made.slice(4));
  assert.equal(last.next_page, null);
  assert.ok(!last.hasNextPage());
  assert.deepEqual(ids(await collect(api.list({ limit: 2 }))), made);
  await refused(api.list({ limit: 0 }), Anthropic.BadRequestError);
  await refused(api.list({ limit: 1001 }), Anthropic.BadRequestError);
});

test('archive hides and locks', async (t) => {
  const account = await server.account(t.name);
  const { client } = account;
  const api = client.beta.environments;
  const made = await api.create({ name: 'n', config: SELF_HOSTED });
  await server.advance(1);

  const archived = await api.archive(made.id);

  assert.equal(archived.archived_at, archived.updated_at);
  assert.deepEqual(await api.archive(made.id), archived);
  assert.deepEqual(ids(await collect(api.list())), []);
  assert.deepEqual(ids(await collect(api.list({ include_archived: true }))), [made.id]);
  await refused(api.update(made.id, { name: 'm' }), BetaEnvironmentArchivedError);
  const session = { agent: await account.agent(), environment_id: made.id };
  await refused(client.beta.sessions.create(session), Anthropic.BadRequestError);
});

test('delete is final', async (t) => {
  const api = await environments(t);
  const made = await api.create({ name: 'n', config: SELF_HOSTED });

  assert.deepEqual({ ...(await api.delete(made.id)) }, { id: made.id, type: 'environment_deleted' });

  await refused(api.retrieve(made.id), Anthropic.NotFoundError);
  await refused(api.delete(made.id), Anthropic.NotFoundError);
});

test('delete is refused while the queue holds work', async (t) => {
  const farm = await server.farm(t.name);
  await farm.enqueue();

  const error = await refused(farm.operator.environments.delete(farm.id), Anthropic.ConflictError);

  assert.equal(error.type, 'invalid_request_error');
});

test('credentials', async (t) => {
  const farm = await server.farm(t.name);

  const unknown = server.connect('pt-unknown').beta.environments;
  assert.equal((await refused(unknown.list(), Anthropic.AuthenticationError)).type, 'authentication_error');
  const byKey = await refused(farm.worker.environments.create({ name: 'n' }), Anthropic.APIError);
  assert.ok([401, 403].includes(byKey.status));
});
