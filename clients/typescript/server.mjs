// A Leasehold server as a child process, an account on it, and SDK clients.
//
// The server runs with a manual clock, so a test of an expiry moves the clock
// instead of waiting. What the SDK has no method for is asked for over HTTP.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import Anthropic from '@anthropic-ai/sdk';

const LISTENING = /^listening on (http:\/\/\S+)$/;
const STOP_MILLISECONDS = 15_000;
const PATIENCE_MILLISECONDS = 30_000;
const MODELS = fileURLToPath(new URL('../models/models.toml', import.meta.url));

export const SELF_HOSTED = /** @type {const} */ ({ type: 'self_hosted' });

// The SDK reads these: nothing there may lead it elsewhere.
for (const name of Object.keys(process.env)) {
  if (name.startsWith('ANTHROPIC_')) delete process.env[name];
}

/** One running `leasehold dev` on a free port, with its own data folder and models that play scripts. */
export class Server {
  /** Starts the binary that `LEASEHOLD_BIN` names, with further flags, and waits for its address. */
  static async start(...flags) {
    const binary = process.env.LEASEHOLD_BIN;
    assert.ok(binary, 'set LEASEHOLD_BIN to the path of the leasehold binary');
    const folder = await mkdtemp(path.join(tmpdir(), 'leasehold-'));
    const adminToken = `pt-${randomBytes(32).toString('base64url')}`;
    const child = spawn(
      path.resolve(binary),
      [
        ...['dev', '--listen', '127.0.0.1:0', '--data', path.join(folder, 'data')],
        ...['--models', MODELS, '--manual-clock', ...flags],
      ],
      { cwd: folder, env: { ...process.env, LEASEHOLD_ADMIN_TOKEN: adminToken } },
    );
    let log = '';
    child.stderr.on('data', (chunk) => (log += chunk));
    const url = await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${log}`)));
      createInterface(child.stdout).on('line', (line) => {
        const match = LISTENING.exec(line);
        if (match) resolve(match[1]);
      });
    });
    return new Server(child, folder, url, adminToken);
  }

  constructor(child, folder, url, adminToken) {
    this.child = child;
    this.folder = folder;
    this.url = url;
    this.adminToken = adminToken;
  }

  /** Asks the server to end as an operator would, and expects that it does. */
  async stop() {
    const ended = once(this.child, 'exit');
    const late = setTimeout(() => this.child.kill('SIGKILL'), STOP_MILLISECONDS);
    this.child.kill('SIGTERM');
    const [code] = await ended;
    clearTimeout(late);
    await rm(this.folder, { recursive: true });
    assert.equal(code, 0, 'the server did not end cleanly');
  }

  /** One request that must succeed; returns the answer's JSON. */
  async json(method, where, { token = this.adminToken, body } = {}) {
    const response = await fetch(this.url + where, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const text = await response.text();
    assert.ok(response.ok, `${method} ${where}: ${response.status} ${text}`);
    return JSON.parse(text);
  }

  /** Moves the server's clock forward. */
  async advance(seconds) {
    await this.json('POST', '/leasehold/v1/clock/advance', { body: { seconds } });
  }

  /** A client of any credential: the SDK sends each as Bearer. */
  connect(credential) {
    return new Anthropic({ authToken: credential, apiKey: null, baseURL: this.url, maxRetries: 0 });
  }

  /** A new account, of which no other test sees anything. */
  async account(name) {
    const account = await this.json('POST', '/leasehold/v1/accounts', { body: { name } });
    const body = { name, account_id: account.id };
    const { token } = await this.json('POST', '/leasehold/v1/tokens', { body });
    return new Account(this, token);
  }

  /** A new account with a self-hosted environment. */
  async farm(name) {
    const account = await this.account(name);
    const environment = await account.client.beta.environments.create({ name: 'farm', config: SELF_HOSTED });
    const where = `/leasehold/v1/environments/${environment.id}/keys`;
    const { key } = await this.json('POST', where, { token: account.token, body: { name: 'worker' } });
    return new Farm(account, await account.agent(), environment.id, key);
  }
}

/** An account and the SDK's client for its token. */
export class Account {
  constructor(server, token) {
    this.server = server;
    this.token = token;
    this.client = server.connect(token);
  }

  /** The id of a new agent, which says what it hears unless `fields` name another model. */
  async agent(fields = {}) {
    return (await this.client.beta.agents.create({ name: 'reviewer', model: 'echo', ...fields })).id;
  }
}

/** An environment with its key: the operator's client and the worker's. */
export class Farm {
  constructor(account, agentId, environmentId, key) {
    this.server = account.server;
    this.account = account;
    this.agentId = agentId;
    this.id = environmentId;
    this.key = key;
    this.in = { environment_id: environmentId };
    this.operator = account.client.beta;
    this.worker = account.server.connect(key).beta;
    this.work = this.worker.environments.work;
  }

  /** Queues an item by creating a session, and returns it. */
  async enqueue() {
    const session = await this.operator.sessions.create({ agent: this.agentId, environment_id: this.id });
    const items = await collect(this.work.list(this.id));
    return items.find((item) => item.data.id === session.id);
  }

  /** The items of a session, oldest first. */
  async items(sessionId) {
    return (await collect(this.work.list(this.id))).filter((item) => item.data.id === sessionId);
  }

  /** How each attempt at an item ended. */
  async outcomes(workId) {
    return (await this.attempts(workId)).map((attempt) => attempt.outcome);
  }

  /** The attempt history of an item, oldest first. */
  async attempts(workId) {
    const where = `/leasehold/v1/environments/${this.id}/work/${workId}/attempts`;
    return (await this.server.json('GET', where, { token: this.account.token })).data;
  }

  /** The states in which the items of this environment are. */
  async states() {
    return (await collect(this.work.list(this.id))).map((item) => item.state);
  }

  /** What one more worker finds in the queue. */
  async drain() {
    return ids(await collect(this.poller({ drain: true, blockMs: null })));
  }

  /** The SDK's work poller on this environment. */
  poller(options) {
    return this.operator.environments.work.poller({
      environmentId: this.id,
      environmentKey: this.key,
      ...options,
    });
  }
}

/** Everything an asynchronous iteration yields; of a list, all pages. */
export async function collect(items) {
  const found = [];
  for await (const item of items) found.push(item);
  return found;
}

/** Waits until a condition holds. */
export async function eventually(condition) {
  const deadline = Date.now() + PATIENCE_MILLISECONDS;
  while (!(await condition())) {
    assert.ok(Date.now() < deadline, 'waited in vain');
    await pause(20);
  }
}

export function ids(items) {
  return items.map((item) => item.id);
}

/** The claim token in a secret, read as the stock worker reads it. */
export function sessionsToken(secret) {
  return JSON.parse(Buffer.from(secret, 'base64url').toString()).sessions_token;
}

/** Expects a refusal of this class and returns it. */
export async function refused(promise, errorClass) {
  const error = await promise.then(
    () => assert.fail('the call was not refused'),
    (reason) => reason,
  );
  assert.ok(error instanceof errorClass, `expected ${errorClass.name}, got ${error}`);
  return error;
}
