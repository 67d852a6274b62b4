// A session that somebody watches and talks to.
//
// The stream is open before anything is said, so it shows all that a test causes.

import assert from 'node:assert/strict';

export const TOOLSET = { type: 'agent_toolset_20260401' };
export const ASKING_TOOLSET = { ...TOOLSET, default_config: { permission_policy: { type: 'always_ask' } } };
export const LOOKUP = {
  type: 'custom',
  name: 'lookup',
  description: 'Looks up an order.',
  input_schema: { type: 'object', properties: { order: { type: 'string' } } },
};

export const text = (words) => [{ type: 'text', text: words }];
export const message = (words) => ({ type: 'user.message', content: text(words) });

/** A session and its stream, through one client of it. */
export class Conversation {
  /** A new session in a farm, whose agent has this model and these tools. */
  static async start(t, farm, model, tools = [], options = {}) {
    const agent = await farm.account.agent({ model, tools });
    const session = await farm.operator.sessions.create({ agent, environment_id: farm.id });
    return await Conversation.watch(t, farm.operator.sessions, session.id, options);
  }

  /** A session that is there already. */
  static async watch(t, sessions, id, options = {}) {
    const stream = await sessions.events.stream(id, options);
    t.after(() => stream.controller.abort());
    return new Conversation(sessions, id, stream);
  }

  constructor(sessions, id, stream) {
    this.sessions = sessions;
    this.id = id;
    this.arriving = stream[Symbol.asyncIterator]();
  }

  async send(...events) {
    return (await this.sessions.events.send(this.id, { events })).data;
  }

  async next() {
    const { value, done } = await this.arriving.next();
    assert.ok(!done, 'the stream has ended');
    return value;
  }

  /** What the stream shows, up to the next event of a type. */
  async until(type) {
    const seen = [await this.next()];
    while (seen.at(-1).type !== type) seen.push(await this.next());
    return seen;
  }

  /** Sends a message; returns what the stream shows from there until the session rests. */
  async say(words) {
    await this.send(message(words));
    return await this.until('session.status_idle');
  }

  /** What the stream shows until the turn has ended. */
  async rest() {
    const seen = await this.until('session.status_idle');
    while (seen.at(-1).stop_reason.type === 'requires_action') {
      seen.push(...(await this.until('session.status_idle')));
    }
    return seen;
  }

  /** What the stream shows until the server ends it. */
  async remainder() {
    const seen = [];
    for (let item = await this.arriving.next(); !item.done; item = await this.arriving.next()) seen.push(item.value);
    return seen;
  }

  async history() {
    const events = [];
    for await (const event of this.sessions.events.list(this.id, { limit: 1000 })) events.push(event);
    return events;
  }
}

export const types = (events) => events.map((event) => event.type);

/** The one event of a type. */
export function of(events, type) {
  const [found, ...others] = events.filter((event) => event.type === type);
  assert.ok(found && others.length === 0, `not one ${type} among ${types(events)}`);
  return found;
}

export const words = (event) => event.content.map((block) => block.text).join('\n');

/** What the agent said. */
export const said = (events) => events.filter((event) => event.type === 'agent.message').map(words);
