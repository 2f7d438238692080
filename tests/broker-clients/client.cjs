// mqtt.js through every feature of MQTT 5.0 that it speaks, and the basics of 3.1.1 and 3.1, against the reference broker.
//
// Arguments: NAME=VALUE, the ports of the brokers that `run` starts (plain, ws, tls, offers, tells, users) and ca, a file. A line a
// feature, and at the end how many of each kind; ends with 1 where one fails. What mqtt.js hands to nobody (a packet that waits
// behind one which it holds back) is read beside it from its stream.
const { createHash, createHmac, pbkdf2Sync } = require('crypto')
const { readFileSync } = require('fs')
const { isDeepStrictEqual } = require('util')
const mqtt = require('mqtt')
const packets = require('mqtt-packet')

const PATIENCE = Number(process.env.PATIENCE ?? 10)
const at = Object.fromEntries(process.argv.slice(2).map((pair) => pair.split(/=(.*)/s).slice(0, 2)))

// Name and function, or name and why mqtt.js does not speak it.
const features = []
const notSpoken = []
const feature = (name, run) => features.push([name, run])

const show = (value) => JSON.stringify(value)
const expect = (wanted, got, what) => {
  if (!isDeepStrictEqual(wanted, got)) throw new Error(`${what}: ${show(got)} where ${show(wanted)} is due`)
}
const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000))
const until = async (what, isSo) => {
  const end = Date.now() + PATIENCE * 1000
  while (!isSo()) {
    if (Date.now() > end) throw new Error(`${what}: not within ${PATIENCE} s`)
    await pause(0.002)
  }
}

// All that one feature needs: its topics, its clients.
class Bench {
  constructor(number) {
    this.number = number
    this.topic = `js/${number}/a`
    this.peers = []
  }
  peer(name, options) {
    const made = new Peer(name ? `js-${this.number}-${name}` : '', options)
    this.peers.push(made)
    return made
  }
  // A client that is let in.
  up(name, options) {
    return this.peer(name, options).open()
  }
  close() {
    for (const peer of this.peers) peer.client?.end(true)
  }
}

class Peer {
  // `hold`: it acknowledges nothing that comes until `held` is called. `properties`: of CONNECT.
  constructor(clientId, { port = 'plain', version = 5, scheme = 'mqtt', hold = false, setUp = () => {}, ...options } = {}) {
    Object.assign(this, { version, hold, setUp, url: `${scheme}://127.0.0.1:${at[port]}` })
    this.options = { clientId, clean: true, reconnectPeriod: 0, protocolVersion: version, ...options }
    if (version === 3) this.options.protocolId = 'MQIsdp'
  }
  start(options = {}) {
    Object.assign(this.options, options)
    Object.assign(this, { inbox: [], wire: [], got: [], held: [], errors: [], closed: false })
    const options_ = { ...this.options }
    if (this.options.properties) options_.properties = { ...this.options.properties }
    if (this.hold) options_.customHandleAcks = (_topic, _payload, packet, done) => this.held.push({ packet, done })
    this.client = mqtt.connect(this.url, options_)
    this.setUp(this.client, this)
    const parser = packets.parser({ protocolVersion: this.version }).on('packet', (packet) => this.wire.push(packet))
    this.client.stream.on('data', (data) => parser.parse(data))
    this.client.on('packetreceive', (packet) => this.got.push(packet))
    this.client.on('message', (topic, payload, packet) => this.inbox.push({ ...packet, topic, payload: payload.toString() }))
    this.client.on('error', (error) => this.errors.push(error))
    this.client.on('close', () => { this.closed = true })
  }
  // The last packet of a kind that came.
  last(cmd) {
    return this.got.filter((packet) => packet.cmd === cmd).at(-1)
  }
  get code() {
    const connack = this.last('connack')
    return connack && (this.version === 5 ? connack.reasonCode : connack.returnCode)
  }
  get present() {
    return this.last('connack').sessionPresent
  }
  get told() {
    return this.last('connack').properties ?? {}
  }
  async open(options) {
    this.start(options)
    await until('CONNACK', () => this.last('connack') || this.closed)
    expect(0, this.code, 'code of CONNACK')
    // mqtt.js writes nothing before it is through with CONNACK.
    await until('end of connecting', () => this.client.connected)
    return this
  }
  // Comes back to its session.
  back(options) {
    return this.open({ clean: false, ...options })
  }
  async refused() {
    this.start()
    await until('CONNACK that refuses', () => this.last('connack') || this.closed)
    return this.code
  }
  // The codes of SUBACK.
  async subscribe(filters, qos = 0, options = {}) {
    const before = this.got.length
    this.client.subscribe(filters, { qos, ...options }, () => {})
    await until('SUBACK', () => this.got.slice(before).some(({ cmd }) => cmd === 'suback'))
    return this.last('suback').granted
  }
  async unsubscribe(filters) {
    const before = this.got.length
    this.client.unsubscribe(filters, () => {})
    await until('UNSUBACK', () => this.got.slice(before).some(({ cmd }) => cmd === 'unsuback'))
    return this.last('unsuback').granted
  }
  // Writes a PUBLISH and waits for nothing.
  send(topic, payload, qos = 0, properties = undefined, retain = false) {
    this.client.publish(topic, payload, { qos, retain, properties }, () => {})
  }
  // Publishes and waits until it is acknowledged; the code.
  async publish(topic, payload, qos = 1, properties = undefined, retain = false) {
    let done = false
    let failed
    this.client.publish(topic, payload, { qos, retain, properties }, (error) => { done = true; failed = error })
    await until('acknowledgement of PUBLISH', () => done)
    if (failed) throw new Error(`PUBLISH: ${failed.message}`)
    return qos === 0 ? 0 : this.last(qos === 1 ? 'puback' : 'pubrec').reasonCode
  }
  retain(topic, payload, qos = 1, properties = undefined) {
    return this.publish(topic, payload, qos, properties, true)
  }
  // The next messages.
  async takes(count) {
    await until(`message ${count}`, () => this.inbox.length >= count)
    return this.inbox.splice(0, count)
  }
  async take() {
    return (await this.takes(1))[0]
  }
  // All that comes before a message that is published now. At QoS 2, so that nothing of a higher QoS is behind it.
  async rest(publisher, topic) {
    await publisher.publish(topic, 'marker', 2)
    await until('marker', () => this.inbox.some(({ payload }) => payload === 'marker'))
    const seen = this.inbox.splice(0)
    return seen.slice(0, seen.findIndex(({ payload }) => payload === 'marker')).map(({ payload }) => payload)
  }
  // How the server ended it: the code of its DISCONNECT, none where it only closed.
  async left() {
    await until('end of the connection', () => this.closed)
    return this.last('disconnect')?.reasonCode
  }
  async gone(options = undefined) {
    this.client.end(false, options)
    await until('end of the connection', () => this.closed)
  }
  // Loses the connection without DISCONNECT.
  async cut() {
    this.client.stream.destroy()
    await until('end of the connection', () => this.closed)
  }
}

const kept = (seconds, more = {}) => ({ properties: { sessionExpiryInterval: seconds, ...more } })
const names = (list) => list.map(({ payload }) => payload)

async function carries(b, qos, version = 5, options = {}) {
  const [subscriber, publisher] = [await b.up('s', { version, ...options }), await b.up('p', { version, ...options })]
  expect([qos], await subscriber.subscribe(b.topic, qos), 'granted')
  await publisher.publish(b.topic, 'one', qos)
  const got = await subscriber.take()
  expect([b.topic, 'one', qos, false, false], [got.topic, got.payload, got.qos, got.retain, got.dup], 'message')
  expect([], await subscriber.rest(publisher, b.topic), 'further messages')
}

// --- connections and sessions ----------------------------------------------------------------------------------------

feature('CONNACK: one, with the limits of the server', async (b) => {
  const c = await b.up('c')
  await pause(0.2)
  expect(1, c.wire.filter(({ cmd }) => cmd === 'connack').length, 'CONNACKs')
  expect([4194304, 10, false], [c.told.maximumPacketSize, c.told.topicAliasMaximum, c.present], 'told')
})

feature('Assigned Client Identifier', async (b) => {
  const [first, second] = [await b.up('', kept(60)), await b.up('', kept(60))]
  const [one, two] = [first.told.assignedClientIdentifier, second.told.assignedClientIdentifier]
  expect(true, Boolean(one && two && one !== two), `identifiers ${one} and ${two} are there and differ`)
  expect(undefined, (await b.up('named')).told.assignedClientIdentifier, 'told to a client with a name')
  await first.gone()
  const again = b.peer('x', { clientId: one, clean: false })
  await again.open()
  expect(true, again.present, 'Session Present under the assigned identifier')
})

feature('User Name and Password', async (b) => {
  await b.up('in', { port: 'users', username: 'anna', password: 'secret' })
  expect(0x86, await b.peer('out', { port: 'users', username: 'anna', password: 'wrong' }).refused(), 'code for a wrong password')
  expect(0x86, await b.peer('none', { port: 'users' }).refused(), 'code for nobody')
})

feature('Clean Start', async (b) => {
  const [c, publisher] = [await b.up('c', kept(60)), await b.up('p')]
  await c.subscribe(b.topic, 1)
  await c.gone()
  await c.open()
  expect(false, c.present, 'Session Present')
  await publisher.publish(b.topic, 'old')
  await c.subscribe(`${b.topic}/new`, 1)
  expect([], await c.rest(publisher, `${b.topic}/new`), 'messages of the old subscription')
})

feature('Session Present and resume', async (b) => {
  const [c, publisher] = [await b.up('c', kept(60)), await b.up('p')]
  await c.subscribe(b.topic, 1)
  for (let turn = 0; turn < 3; turn += 1) {
    await c.gone()
    expect(true, (await c.back()).present, 'Session Present')
  }
  await publisher.publish(b.topic, 'one')
  expect('one', (await c.take()).payload, 'message')
})

feature('Session Expiry Interval', async (b) => {
  const [c, none] = [await b.up('c', kept(60)), await b.up('n')]
  await c.gone()
  // The last CONNECT counts.
  await c.back(kept(1))
  await c.gone()
  await none.gone()
  expect(false, (await none.back()).present, 'Session Present without an interval')
  await pause(1.6)
  expect(false, (await c.back(kept(30))).present, 'Session Present after 1.6 s of 1 s')
  await c.gone()
  await pause(1.6)
  expect(true, (await c.back()).present, 'Session Present after 1.6 s of 30 s')
})

feature('Session Expiry Interval changed by DISCONNECT', async (b) => {
  const [c, d] = [await b.up('c', kept(60)), await b.up('d', kept(1))]
  await c.gone(kept(0))
  await d.gone(kept(60))
  await pause(1.6)
  expect(false, (await c.back()).present, 'Session Present after 0')
  expect(true, (await d.back()).present, 'Session Present 1.6 s after 60')
})

feature('Session Expiry Interval told by the server', async (b) => {
  expect(600, (await b.up('c', { port: 'offers', ...kept(10000) })).told.sessionExpiryInterval, 'told')
})

feature('messages queued for an absent client', async (b) => {
  const [c, publisher] = [await b.up('c', kept(60)), await b.up('p')]
  await c.subscribe(b.topic, 2)
  await c.gone()
  for (let n = 0; n < 20; n += 1) await publisher.publish(b.topic, String(n), 1 + (n % 2))
  await c.back()
  const got = await c.takes(20)
  for (const parity of [0, 1]) {
    const wanted = Array.from({ length: 10 }, (_, n) => String(2 * n + parity))
    expect(wanted, names(got).filter((n) => n % 2 === parity), 'order')
  }
  expect(got.map(({ payload }) => 1 + (payload % 2)), got.map(({ qos }) => qos), 'QoS')
  expect([], await c.rest(publisher, b.topic), 'further messages')
})

feature('resent to the client: PUBLISH with DUP', async (b) => {
  const [c, publisher] = [await b.up('c', { ...kept(60), hold: true }), await b.up('p')]
  await c.subscribe(b.topic, 1)
  await publisher.publish(b.topic, 'one')
  await until('message', () => c.held.length)
  const { messageId } = c.held[0].packet
  await c.cut()
  c.hold = false
  await c.back()
  const again = await c.take()
  expect(['one', true, messageId], [again.payload, again.dup, again.messageId], 'resent')
  expect([], await c.rest(publisher, b.topic), 'further messages')
})

feature('resent to the client: PUBREL', async (b) => {
  // It holds PUBCOMP back.
  const deaf = (client) => { client.handleMessage = () => {} }
  const [c, publisher] = [await b.up('c', { ...kept(60), setUp: deaf }), await b.up('p')]
  await c.subscribe(b.topic, 2)
  await publisher.publish(b.topic, 'one', 2)
  const { messageId } = await c.take()
  await c.cut()
  c.setUp = () => {}
  await c.back()
  await until('PUBREL', () => c.wire.some((packet) => packet.cmd === 'pubrel' && packet.messageId === messageId))
  expect([], await c.rest(publisher, b.topic), 'further messages')
})

// It loses its connection before it reads an answer to a PUBLISH, and comes back by itself with what it has stored.
async function resends(b, qos) {
  const [c, subscriber] = [await b.up('c', { ...kept(60), clean: false, reconnectPeriod: 50 }), await b.up('s')]
  await subscriber.subscribe(b.topic, qos)
  let [done, sent] = [0, 0]
  c.client.on('packetsend', ({ cmd }) => { sent += cmd === 'publish' })
  c.client.publish(b.topic, 'one', { qos }, () => { done += 1 })
  c.client.stream.pause()
  await until('message', () => subscriber.wire.some(({ cmd }) => cmd === 'publish'))
  c.client.stream.destroy()
  await until('CONNACK', () => c.got.filter(({ cmd }) => cmd === 'connack').length === 2)
  expect(true, c.present, 'Session Present')
  await until('acknowledgement', () => done === 1)
  expect(2, sent, 'times that PUBLISH is sent')
  return subscriber.rest(c, b.topic)
}

feature('resent by the client: QoS 2 comes once', async (b) => {
  expect(['one'], await resends(b, 2), 'messages')
})

feature('resent by the client: QoS 1 is acknowledged', async (b) => {
  expect('one', (await resends(b, 1))[0], 'message')
})

feature('takeover: DISCONNECT 0x8E', async (b) => {
  const old = await b.up('c', kept(60))
  expect(true, (await b.up('c', { clean: false })).present, 'Session Present')
  expect(0x8e, await old.left(), 'code')
})

feature('PINGREQ and PINGRESP', async (b) => {
  const c = await b.up('c', { keepalive: 1 })
  await until('PINGRESP', () => c.closed || c.got.filter(({ cmd }) => cmd === 'pingresp').length >= 2)
  expect(false, c.closed, 'end of the connection')
})

feature('Keep Alive runs out: DISCONNECT 0x8D, and the will', async (b) => {
  const watcher = await b.up('w')
  await watcher.subscribe(b.topic, 1)
  const silent = (client) => { client.sendPing = () => {}; client.onKeepaliveTimeout = () => {} }
  const c = await b.up('c', { keepalive: 1, setUp: silent, will: { topic: b.topic, payload: 'will', qos: 1 } })
  expect('will', (await watcher.take()).payload, 'will')
  expect(0x8d, await c.left(), 'code')
})

feature('Server Keep Alive', async (b) => {
  const c = await b.up('c', { port: 'offers', keepalive: 100 })
  expect([30, 30], [c.told.serverKeepAlive, c.client.keepalive], 'told, and obeyed by the client')
})

// --- what the server does not offer -----------------------------------------------------------------------------------

feature('Maximum QoS', async (b) => {
  const c = await b.up('c', { port: 'offers' })
  expect(1, c.told.maximumQoS, 'told')
  expect([1], await c.subscribe(b.topic, 2), 'granted')
  c.send(b.topic, 'two', 2)
  expect(0x9b, await c.left(), 'code for QoS 2')
})

feature('Retain Available', async (b) => {
  const c = await b.up('c', { port: 'offers' })
  expect(false, c.told.retainAvailable, 'told')
  c.send(b.topic, 'kept', 1, undefined, true)
  expect(0x9a, await c.left(), 'code for RETAIN')
})

feature('Wildcard Subscription Available', async (b) => {
  const c = await b.up('c', { port: 'offers' })
  expect(false, c.told.wildcardSubscriptionAvailable, 'told')
  c.client.subscribe(`${b.topic}/#`, () => {})
  expect(0xa2, await c.left(), 'code for a wildcard')
})

feature('Subscription Identifiers Available', async (b) => {
  const c = await b.up('c', { port: 'offers' })
  expect(false, c.told.subscriptionIdentifiersAvailable, 'told')
  c.client.subscribe(b.topic, { qos: 0, properties: { subscriptionIdentifier: 7 } }, () => {})
  expect(0xa1, await c.left(), 'code for an identifier')
})

feature('Shared Subscription Available', async (b) => {
  const c = await b.up('c', { port: 'offers' })
  expect(false, c.told.sharedSubscriptionAvailable, 'told')
  c.client.subscribe(`$share/g/${b.topic}`, () => {})
  expect(0x9e, await c.left(), 'code for a shared subscription')
})

// --- messages --------------------------------------------------------------------------------------------------------

for (const qos of [0, 1, 2]) feature(`QoS ${qos}`, (b) => carries(b, qos))

feature('granted QoS bounds what is delivered', async (b) => {
  const [low, high, publisher] = [await b.up('l'), await b.up('h'), await b.up('p')]
  expect([1], await low.subscribe(b.topic, 1), 'granted')
  expect([2], await high.subscribe(b.topic, 2), 'granted')
  for (const qos of [0, 1, 2]) await publisher.publish(b.topic, 'x', qos)
  const seen = async (peer) => (await peer.takes(3)).map(({ qos }) => qos).sort()
  expect([0, 1, 1], await seen(low), 'QoS at a grant of 1')
  expect([0, 1, 2], await seen(high), 'QoS at a grant of 2')
})

feature('payloads of no byte and of 300,000', async (b) => {
  const c = await b.up('c')
  await c.subscribe(b.topic, 2)
  for (const size of [0, 300000]) {
    await c.publish(b.topic, 'xyz'.repeat(size / 3), 2)
    expect(true, (await c.take()).payload === 'xyz'.repeat(size / 3), `a payload of ${size} bytes comes as it was`)
  }
})

// What of these properties a subscriber sees.
async function forwarded(b, properties) {
  const c = await b.up('c')
  await c.subscribe(b.topic, 1)
  await c.publish(b.topic, 'x', 1, properties)
  const seen = (await c.take()).properties ?? {}
  return Object.fromEntries(Object.keys(properties).map((name) => [name, seen[name]]))
}

feature('User Properties in order', async (b) => {
  // mqtt.js keeps them by name: those of one name stand together.
  const pairs = { b: ['1', '0'], a: '2', ü: 'ß' }
  const { userProperties } = await forwarded(b, { userProperties: pairs })
  expect(show(pairs), show(userProperties), 'seen')
})

for (const [name, key, value] of [
  ['Content Type', 'contentType', 'text/plain'],
  ['Response Topic', 'responseTopic', 'to/me'],
  ['Correlation Data', 'correlationData', Buffer.from([1, 0, 255, 0])],
  ['Payload Format Indicator', 'payloadFormatIndicator', true],
]) {
  feature(name, async (b) => expect({ [key]: value }, await forwarded(b, { [key]: value }), 'seen'))
}

feature('Message Expiry Interval counted down', async (b) => {
  const [c, publisher] = [await b.up('c', kept(60)), await b.up('p')]
  await c.subscribe(b.topic, 1)
  const interval = async () => (await c.take()).properties?.messageExpiryInterval
  await publisher.publish(b.topic, 'at once', 1, { messageExpiryInterval: 100 })
  const first = await interval()
  expect(true, first === 99 || first === 100, `${first} of 100 s at once`)
  await publisher.publish(b.topic, 'none')
  expect(undefined, await interval(), 'an interval where none was published')
  await c.gone()
  await publisher.publish(b.topic, 'waits', 1, { messageExpiryInterval: 100 })
  await pause(2.1)
  await c.back()
  const left = await interval()
  expect(true, left >= 95 && left <= 98, `${left} of 100 s after 2.1 s`)
})

feature('Message Expiry Interval passes', async (b) => {
  const [c, publisher] = [await b.up('c', kept(60)), await b.up('p')]
  await c.subscribe(b.topic, 1)
  await c.gone()
  await publisher.publish(b.topic, 'gone', 1, { messageExpiryInterval: 1 })
  await publisher.publish(b.topic, 'stays', 1, { messageExpiryInterval: 60 })
  await publisher.retain(`${b.topic}/kept`, 'gone', 1, { messageExpiryInterval: 1 })
  await pause(2.1)
  await c.back()
  await c.subscribe(`${b.topic}/kept`, 1)
  expect(['stays'], await c.rest(publisher, b.topic), 'messages')
})

feature('Topic Alias to the server', async (b) => {
  const c = await b.up('c')
  await c.subscribe(`${b.topic}/#`, 1)
  const top = c.told.topicAliasMaximum
  for (const [tail, topicAlias] of [['/1', 1], ['', 1], ['/2', top], ['', top], ['/3', 1], ['', 1]]) {
    await c.publish(tail && b.topic + tail, 'x', 1, { topicAlias })
  }
  const wanted = ['/1', '/1', '/2', '/2', '/3', '/3'].map((tail) => b.topic + tail)
  expect(wanted, (await c.takes(6)).map(({ topic }) => topic), 'topics')
})

feature('Topic Alias to the server, assigned by the client', async (b) => {
  const [c, s] = [await b.up('c', { autoAssignTopicAlias: true }), await b.up('s')]
  const written = []
  c.client.on('packetsend', (packet) => packet.cmd === 'publish' && written.push(packet.topic))
  await s.subscribe(`${b.topic}/#`, 0)
  // More topics than aliases, so that each is set anew.
  const topics = Array.from({ length: 36 }, (_, n) => `${b.topic}/${Math.floor(n / 3)}`)
  for (const topic of topics) c.send(topic, 'x')
  expect(topics, (await s.takes(36)).map(({ topic }) => topic), 'topics')
  expect(24, written.filter((topic) => topic === '').length, 'messages under an alias alone')
})

feature('Topic Alias to the client', async (b) => {
  const properties = { topicAliasMaximum: 2 }
  const [none, c, publisher] = [await b.up('n'), await b.up('c', { properties }), await b.up('p')]
  for (const peer of [none, c]) await peer.subscribe(`${b.topic}/#`, 1)
  const tails = [...'aabbccab']
  for (const tail of tails) await publisher.publish(`${b.topic}/${tail}`, tail)
  expect(tails.map((tail) => `${b.topic}/${tail}`), (await c.takes(8)).map(({ topic }) => topic), 'topics')
  const seen = c.wire.filter(({ cmd }) => cmd === 'publish').map((p) => [p.properties?.topicAlias, p.topic !== ''])
  for (const pair of [[1, true], [1, false], [2, true], [2, false]]) {
    expect(true, seen.some((one) => isDeepStrictEqual(one, pair)), `alias ${pair[0]} is ${pair[1] ? 'set' : 'used'}`)
  }
  await none.takes(8)
  expect([], none.got.filter((packet) => packet.properties?.topicAlias && packet.cmd === 'publish'), 'aliases where none is allowed')
})

feature('Receive Maximum of the client', async (b) => {
  const [c, publisher] = [await b.up('c', { hold: true, properties: { receiveMaximum: 2 } }), await b.up('p')]
  await c.subscribe(b.topic, 1)
  for (let n = 0; n < 5; n += 1) await publisher.publish(b.topic, String(n))
  const arrived = () => c.wire.filter(({ cmd }) => cmd === 'publish').length
  for (const seen of [2, 3, 4, 5]) {
    await until(`message ${seen}`, () => arrived() >= seen)
    await pause(0.1)
    expect(seen, arrived(), 'messages')
    await until('message that is held', () => c.held.length >= seen - 1)
    c.held[seen - 2].done(0)
  }
})

feature('Receive Maximum of the server, exceeded: DISCONNECT 0x93', async (b) => {
  const c = await b.up('c', { port: 'tells' })
  expect(2, c.told.receiveMaximum, 'told')
  for (let n = 0; n < 3; n += 1) c.send(b.topic, String(n), 2)
  expect(0x93, await c.left(), 'code')
})

feature('Maximum Packet Size of the client', async (b) => {
  const [c, publisher] = [await b.up('c', { properties: { maximumPacketSize: 200 } }), await b.up('p')]
  await c.subscribe(b.topic, 1)
  await publisher.publish(b.topic, 'x'.repeat(100))
  await publisher.publish(b.topic, 'y'.repeat(300))
  expect(['x'.repeat(100)], await c.rest(publisher, b.topic), 'messages')
})

feature('Maximum Packet Size of the server: DISCONNECT 0x95', async (b) => {
  const c = await b.up('c')
  c.send(b.topic, Buffer.alloc(c.told.maximumPacketSize))
  expect(0x95, await c.left(), 'code')
})

feature('PUBACK and PUBREC 0x10: no matching subscribers', async (b) => {
  const c = await b.up('c', { port: 'tells' })
  for (const qos of [1, 2]) expect(0x10, await c.publish(b.topic, 'x', qos), 'code')
  await c.subscribe(b.topic, 1)
  for (const qos of [1, 2]) expect(0, await c.publish(b.topic, 'x', qos), 'code with a subscriber')
})

feature('a message refused by PUBACK and PUBREC of the client', async (b) => {
  const c = await b.up('c', { hold: true, ...kept(60, { receiveMaximum: 1 }) })
  const publisher = await b.up('p')
  await c.subscribe(b.topic, 2)
  for (const [n, qos] of [1, 2, 1].entries()) await publisher.publish(b.topic, String(n), qos)
  // Quota exceeded; each refusal gives its unit of the Receive Maximum back.
  for (const n of [0, 1, 2]) {
    await until(`message ${n}`, () => c.held.length === n + 1)
    c.held[n].done(0x97)
  }
  await pause(0.1)
  await c.cut()
  c.hold = false
  expect(true, (await c.back()).present, 'Session Present')
  expect([], await c.rest(publisher, b.topic), 'messages sent again')
})

// --- subscriptions ---------------------------------------------------------------------------------------------------

feature('several filters in one SUBSCRIBE', async (b) => {
  const c = await b.up('c')
  const filters = { [`${b.topic}/1`]: { qos: 2 }, [`${b.topic}/2`]: { qos: 0 }, [`${b.topic}/3`]: { qos: 1 } }
  expect([2, 0, 1], await c.subscribe(filters), 'granted')
  expect([0, 0x11, 0], await c.unsubscribe(['/1', '/none', '/3'].map((tail) => b.topic + tail)), 'codes of UNSUBACK')
})

feature('wildcards', async (b) => {
  const topics = ['', '/1', '/2', '/1/2', '//2', '/1/2/3']
  for (const [filter, wanted] of [['/+', [1, 2]], ['/#', [0, 1, 2, 3, 4, 5]], ['/+/2', [3, 4]], ['/1/#', [1, 3, 5]]]) {
    const c = await b.up('c')
    await c.subscribe(b.topic + filter, 1)
    for (const topic of topics) await c.publish(b.topic + topic, topic)
    await c.subscribe(`${b.topic}x`, 1)
    expect(wanted.map((n) => topics[n]), await c.rest(c, `${b.topic}x`), `seen through ${filter}`)
    await c.gone()
  }
})

feature('a SUBSCRIBE replaces the subscription of its filter', async (b) => {
  const c = await b.up('c')
  await c.subscribe(b.topic, 0)
  await c.subscribe(b.topic, 2)
  await c.publish(b.topic, 'x', 2)
  expect(2, (await c.take()).qos, 'QoS')
  expect([], await c.rest(c, b.topic), 'further messages')
})

feature('No Local', async (b) => {
  const [c, other] = [await b.up('c'), await b.up('o')]
  await c.subscribe(b.topic, 1, { nl: true })
  await c.publish(b.topic, 'own')
  expect([], await c.rest(other, b.topic), 'its own messages')
  await c.subscribe(b.topic, 1, { nl: false })
  await c.publish(b.topic, 'own')
  expect(['own'], await c.rest(other, b.topic), 'its own messages without No Local')
})

feature('Retain As Published', async (b) => {
  const [keeper, plain, publisher] = [await b.up('k'), await b.up('c'), await b.up('p')]
  await keeper.subscribe(b.topic, 1, { rap: true })
  await plain.subscribe(b.topic, 1)
  await publisher.retain(b.topic, 'one')
  await publisher.publish(b.topic, 'two')
  expect([true, false], (await keeper.takes(2)).map(({ retain }) => retain), 'RETAIN with it')
  expect([false, false], (await plain.takes(2)).map(({ retain }) => retain), 'RETAIN without it')
  await publisher.retain(b.topic, '')
})

// RETAIN of what of a retained message three SUBSCRIBEs bring: two, and one more behind an UNSUBSCRIBE.
for (const [rh, wanted] of [[0, [[true], [true], [true]]], [1, [[true], [], [true]]], [2, [[], [], []]]]) {
  feature(`Retain Handling ${rh}`, async (b) => {
    const [c, publisher] = [await b.up('c'), await b.up('p')]
    await publisher.retain(b.topic, 'kept')
    const seen = []
    for (const turn of [0, 1, 2]) {
      if (turn === 2) await c.unsubscribe(b.topic)
      await c.subscribe(b.topic, 1, { rh })
      await publisher.publish(b.topic, 'marker')
      await until('marker', () => c.inbox.some(({ payload }) => payload === 'marker'))
      seen.push(c.inbox.splice(0).filter(({ payload }) => payload === 'kept').map(({ retain }) => retain))
    }
    await publisher.retain(b.topic, '')
    expect(wanted, seen, 'RETAIN of what comes')
  })
}

feature('Subscription Identifier', async (b) => {
  const c = await b.up('c')
  const identifier = async () => (await c.take()).properties?.subscriptionIdentifier
  await c.retain(`${b.topic}/kept`, 'kept')
  await c.subscribe(b.topic, 1, { properties: { subscriptionIdentifier: 268435455 } })
  await c.publish(b.topic, 'x')
  expect(268435455, await identifier(), 'identifier')
  await c.subscribe(b.topic, 1)
  await c.publish(b.topic, 'x')
  expect(undefined, await identifier(), 'identifier of one replaced without')
  await c.subscribe(`${b.topic}/kept`, 1, { properties: { subscriptionIdentifier: 5 } })
  expect(5, await identifier(), 'identifier of a retained message')
  await c.retain(`${b.topic}/kept`, '')
})

feature('Subscription Identifiers of subscriptions that overlap', async (b) => {
  const c = await b.up('c', kept(60))
  await c.subscribe(b.topic, 1, { properties: { subscriptionIdentifier: 1 } })
  await c.subscribe(`${b.topic}/#`, 2, { properties: { subscriptionIdentifier: 2 } })
  await c.cut()
  await c.back()
  await c.publish(b.topic, 'x', 2)
  const got = await c.take()
  expect([[1, 2], 2], [[got.properties?.subscriptionIdentifier].flat().sort(), got.qos], 'identifiers and QoS')
  expect([], await c.rest(c, b.topic), 'further messages')
})

feature('shared subscription: each message to one member', async (b) => {
  const members = []
  for (const name of 'mno') members.push(await b.up(name))
  const [plain, other, publisher] = [await b.up('s'), await b.up('other'), await b.up('p')]
  for (const member of members) expect([1], await member.subscribe(`$share/g/${b.topic}`, 1), 'granted')
  await other.subscribe(`$share/h/${b.topic}`, 1)
  await plain.subscribe(b.topic, 1)
  for (let n = 0; n < 9; n += 1) await publisher.publish(b.topic, String(n))
  await plain.takes(9)
  await other.takes(9)
  await until('nine messages', () => members.flatMap(({ inbox }) => inbox).length >= 9)
  await pause(0.1)
  expect([...'012345678'], names(members.flatMap(({ inbox }) => inbox)).sort(), 'messages of the group')
  expect(true, members.every(({ inbox }) => inbox.length > 0), 'each member gets some')
})

feature('shared subscription: a member that leaves, one that is away', async (b) => {
  const [left, away, publisher] = [await b.up('g'), await b.up('a', kept(60)), await b.up('p')]
  for (const member of [left, away]) await member.subscribe(`$share/g/${b.topic}`, 1)
  expect([0], await left.unsubscribe(`$share/g/${b.topic}`), 'code of UNSUBACK')
  await away.gone()
  for (let n = 0; n < 4; n += 1) await publisher.publish(b.topic, String(n))
  expect(true, (await away.back()).present, 'Session Present')
  expect([...'0123'], names(await away.takes(4)), 'messages')
  await publisher.publish(b.topic, '4')
  expect('4', (await away.take()).payload, 'a message after the resume')
  expect([], left.inbox, 'messages of the one that left')
})

feature('shared subscription brings no retained message', async (b) => {
  const c = await b.up('c')
  await c.retain(b.topic, 'kept')
  await c.subscribe(`$share/g/${b.topic}`, 1)
  expect([], await c.rest(c, b.topic), 'messages')
  await c.retain(b.topic, '')
})

feature('UNSUBSCRIBE', async (b) => {
  const c = await b.up('c', kept(60))
  await c.subscribe([b.topic, `${b.topic}/x`], 1)
  expect([0], await c.unsubscribe(b.topic), 'code of UNSUBACK')
  await c.publish(b.topic, 'gone')
  await c.gone()
  await c.back()
  await c.publish(b.topic, 'gone')
  expect([], await c.rest(c, `${b.topic}/x`), 'messages')
})

feature('UNSUBACK 0x11: no subscription existed', async (b) => {
  const c = await b.up('c')
  expect([0x11], await c.unsubscribe(b.topic), 'code')
  await c.subscribe(b.topic)
  const codes = [await c.unsubscribe(b.topic), await c.unsubscribe(b.topic)]
  expect([[0], [0x11]], codes, 'codes for one that is given up twice')
})

// --- retained messages and wills -------------------------------------------------------------------------------------

feature('retained: set, replaced, cleared', async (b) => {
  const publisher = await b.up('p')
  const stored = async (name) => {
    const c = await b.up(name)
    await c.subscribe(b.topic, 2)
    await publisher.publish(b.topic, 'marker', 2)
    await until('marker', () => c.inbox.some(({ payload }) => payload === 'marker'))
    return c.inbox.filter(({ payload }) => payload !== 'marker').map(({ payload, retain, qos }) => [payload, retain, qos])
  }
  await publisher.retain(b.topic, 'one', 1)
  expect([['one', true, 1]], await stored('a'), 'stored')
  await publisher.retain(b.topic, 'two', 2)
  expect([['two', true, 2]], await stored('b'), 'stored')
  await publisher.retain(b.topic, '', 1)
  expect([], await stored('c'), 'stored')
})

feature('retained: properties, and an interval that runs', async (b) => {
  const c = await b.up('c')
  await c.retain(b.topic, 'kept', 1, { contentType: 't', messageExpiryInterval: 100, userProperties: { a: 'b' } })
  await pause(1.1)
  await c.subscribe(b.topic, 1)
  const { contentType, userProperties, messageExpiryInterval: left } = (await c.take()).properties ?? {}
  expect(['t', show({ a: 'b' })], [contentType, show(userProperties)], 'properties')
  expect(true, left >= 95 && left <= 99, `${left} of 100 s after 1.1 s`)
  await c.retain(b.topic, '')
})

async function willed(b, { retain = false, expiry = 60, watch = true, properties = undefined } = {}) {
  const watcher = await b.up('w')
  if (watch) await watcher.subscribe(b.topic, 2)
  const c = await b.up('c', { ...kept(expiry), will: { topic: b.topic, payload: 'will', qos: 2, retain, properties } })
  return [watcher, c]
}

feature('will: at a lost connection', async (b) => {
  const [watcher, c] = await willed(b)
  await c.cut()
  const got = await watcher.take()
  expect(['will', 2, false], [got.payload, got.qos, got.retain], 'will')
  expect([], await watcher.rest(watcher, b.topic), 'further messages')
})

feature('will: at a connection that is reset', async (b) => {
  const [watcher, c] = await willed(b)
  c.client.stream.resetAndDestroy()
  expect('will', (await watcher.take()).payload, 'will')
})

feature('will: not at DISCONNECT 0x00', async (b) => {
  const [watcher, c] = await willed(b)
  await c.gone()
  await pause(0.3)
  expect([], await watcher.rest(watcher, b.topic), 'messages')
})

feature('will: at DISCONNECT 0x04', async (b) => {
  const [watcher, c] = await willed(b)
  await c.gone({ reasonCode: 4 })
  expect('will', (await watcher.take()).payload, 'will')
})

feature('will: retained', async (b) => {
  const [watcher, c] = await willed(b, { retain: true, watch: false })
  await c.cut()
  await pause(0.3)
  await watcher.subscribe(b.topic, 1)
  const got = await watcher.take()
  expect(['will', true, 1], [got.payload, got.retain, got.qos], 'stored will')
  await watcher.retain(b.topic, '')
})

async function delayed(b, options) {
  const [watcher, c] = await willed(b, options)
  await c.cut()
  const started = Date.now()
  expect('will', (await watcher.take()).payload, 'will')
  const waited = (Date.now() - started) / 1000
  expect(true, waited >= 0.8 && waited <= 3, `${waited.toFixed(1)} s of 1 s`)
}

feature('Will Delay Interval: waited for', (b) => delayed(b, { properties: { willDelayInterval: 1 } }))

feature('Will Delay Interval: the client comes back', async (b) => {
  const [watcher, c] = await willed(b, { properties: { willDelayInterval: 1 } })
  await c.cut()
  delete c.options.will
  await c.back()
  await pause(1.6)
  expect([], await watcher.rest(watcher, b.topic), 'messages')
})

feature('Will Delay Interval: the session ends first', (b) => delayed(b, { expiry: 1, properties: { willDelayInterval: 30 } }))

feature('will: properties', async (b) => {
  const properties = {
    payloadFormatIndicator: true,
    messageExpiryInterval: 100,
    contentType: 't',
    responseTopic: 'to/me',
    correlationData: Buffer.from([0, 1]),
    userProperties: { b: '1', a: '2' },
  }
  const [watcher, c] = await willed(b, { properties })
  await c.cut()
  const seen = { ...(await watcher.take()).properties }
  if (seen.messageExpiryInterval === 99) seen.messageExpiryInterval = 100
  expect(Object.entries(properties).map(show).sort(), Object.entries(seen).map(show).sort(), 'properties')
})

// --- words of the server ---------------------------------------------------------------------------------------------

// Of each answer of a server that tells all it can: whether it has a Reason String and a User Property.
async function words(b, properties) {
  const c = await b.up('c', { port: 'tells', properties })
  await c.subscribe(b.topic, 2)
  await c.publish(b.topic, 'one', 1)
  await c.publish(b.topic, 'two', 2)
  await c.takes(2)
  await c.unsubscribe(b.topic)
  await b.up('c', { port: 'tells' })
  await c.left()
  const kinds = ['connack', 'suback', 'unsuback', 'puback', 'pubrec', 'pubrel', 'pubcomp', 'disconnect']
  return Object.fromEntries(kinds.map((kind) => {
    const told = c.last(kind)?.properties ?? {}
    return [kind, [Boolean(told.reasonString), Boolean(told.userProperties)]]
  }))
}
const answers = ['suback', 'unsuback', 'puback', 'pubrec', 'pubrel', 'pubcomp']

feature('Reason String and User Property of the server', async (b) => {
  const wanted = ['connack', ...answers, 'disconnect'].map((kind) => [kind, [true, true]])
  expect(Object.fromEntries(wanted), { ...(await words(b)) }, 'there')
})

feature('Request Problem Information 0', async (b) => {
  const { connack, disconnect, ...seen } = await words(b, { requestProblemInformation: false })
  expect(Object.fromEntries(answers.map((kind) => [kind, [false, false]])), seen, 'there')
})

feature('Request Response Information', async (b) => {
  const asks = await b.up('c', { properties: { requestResponseInformation: true } })
  expect(`responses/js-${b.number}-c`, asks.told.responseInformation, 'told')
  expect(undefined, (await b.up('d')).told.responseInformation, 'told unasked')
})

// --- enhanced authentication -----------------------------------------------------------------------------------------

const bearer = (token) => ({
  authenticationMethod: 'OAUTHBEARER',
  authenticationData: Buffer.from(`n,,\x01auth=Bearer ${token}\x01\x01`),
})

feature('OAUTHBEARER: the right token, within CONNECT', async (b) => {
  const c = await b.up('c', { properties: bearer('deadzone-token') })
  expect('OAUTHBEARER', c.told.authenticationMethod, 'method of CONNACK')
})

feature('OAUTHBEARER: a wrong token', async (b) => {
  expect(0x87, await b.peer('c', { properties: bearer('another') }).refused(), 'code')
})

// Without data in CONNECT the server asks for them by AUTH 0x18.
const answering = (data) => (client, peer) => {
  client.handleAuth = (packet, answer) => {
    peer.auths = [...(peer.auths ?? []), packet.reasonCode]
    const { authenticationMethod } = packet.properties
    answer(null, {
      cmd: 'auth', reasonCode: 0x18, properties: { authenticationMethod, authenticationData: Buffer.from(data(packet, peer)) },
    })
  }
}

feature('OAUTHBEARER: the token by AUTH', async (b) => {
  const setUp = answering(() => bearer('deadzone-token').authenticationData)
  const c = await b.up('c', { setUp, properties: { authenticationMethod: 'OAUTHBEARER' } })
  expect([0x18], c.auths, 'codes of AUTH')
})

// SCRAM-SHA-256 of one user (RFC 5802, RFC 7677).
class Scram {
  constructor(password) {
    this.password = password
    this.bare = `n=deadzone,r=${'fixed'.repeat(4)}`
    this.first = Buffer.from(`n,,${this.bare}`)
  }
  final(challenge) {
    const { r, s, i } = Object.fromEntries(challenge.split(',').map((part) => [part[0], part.slice(2)]))
    const salted = pbkdf2Sync(this.password, Buffer.from(s, 'base64'), Number(i), 32, 'sha256')
    const signed = (key, text) => createHmac('sha256', key).update(text).digest()
    const key = signed(salted, 'Client Key')
    const said = `${this.bare},${challenge},c=biws,r=${r}`
    const mask = signed(createHash('sha256').update(key).digest(), said)
    this.wanted = `v=${signed(signed(salted, 'Server Key'), said).toString('base64')}`
    return `c=biws,r=${r},p=${Buffer.from(key.map((byte, n) => byte ^ mask[n])).toString('base64')}`
  }
}
const scram = (password) => {
  const exchange = { current: new Scram(password) }
  const properties = { authenticationMethod: 'SCRAM-SHA-256', authenticationData: exchange.current.first }
  const setUp = answering((packet, peer) => {
    if (packet.reasonCode !== 0x18) {
      peer.proof = packet.properties.authenticationData?.toString()
      return ''
    }
    return exchange.current.final(packet.properties.authenticationData.toString())
  })
  return { exchange, options: { properties, setUp } }
}

feature('SCRAM-SHA-256: both sides prove themselves', async (b) => {
  const { exchange, options } = scram('through the dead zone')
  const c = await b.up('c', options)
  expect([0x18], c.auths, 'codes of AUTH')
  expect(['SCRAM-SHA-256', exchange.current.wanted], [c.told.authenticationMethod, c.told.authenticationData?.toString()], 'CONNACK')
})

feature('SCRAM-SHA-256: a wrong proof', async (b) => {
  expect(0x87, await b.peer('c', scram('another').options).refused(), 'code')
})

feature('an unknown authentication method', async (b) => {
  expect(0x8c, await b.peer('c', { properties: { authenticationMethod: 'NONE-SUCH' } }).refused(), 'code')
})

// mqtt.js has no call that begins a re-authentication: the first AUTH is written to its stream, the rest is its own.
const renew = (c, exchange, password) => {
  exchange.current = new Scram(password)
  const properties = { authenticationMethod: 'SCRAM-SHA-256', authenticationData: exchange.current.first }
  c.client.stream.write(packets.generate({ cmd: 'auth', reasonCode: 0x19, properties }, { protocolVersion: 5 }))
}

feature('re-authentication: goes on with the connection', async (b) => {
  const { exchange, options } = scram('through the dead zone')
  const c = await b.up('c', options)
  await c.subscribe(b.topic, 1)
  renew(c, exchange, 'through the dead zone')
  await until('AUTH 0x00', () => c.auths.length === 3)
  expect([[0x18, 0x18, 0], exchange.current.wanted], [c.auths, c.proof], 'codes of AUTH, and the proof of the server')
  await c.publish(b.topic, 'after')
  expect('after', (await c.take()).payload, 'message')
})

feature('re-authentication: a wrong proof ends the connection', async (b) => {
  const { exchange, options } = scram('through the dead zone')
  const c = await b.up('c', options)
  renew(c, exchange, 'another')
  expect(0x87, await c.left(), 'code')
})

// --- transports ------------------------------------------------------------------------------------------------------

feature('WebSocket', (b) => carries(b, 2, 5, { port: 'ws', scheme: 'ws' }))
feature('TLS', (b) => carries(b, 2, 5, { port: 'tls', scheme: 'mqtts', ca: readFileSync(at.ca) }))

// --- versions --------------------------------------------------------------------------------------------------------

for (const [version, name] of [[4, '3.1.1'], [3, '3.1']]) {
  const older = (what, run) => feature(`${name}: ${what}`, run)

  older('QoS 0, 1 and 2', async (b) => {
    for (const qos of [0, 1, 2]) await carries(b, qos, version)
  })

  older('retained: set, replaced, cleared', async (b) => {
    const [c, late] = [await b.up('c', { version }), await b.up('l', { version })]
    await c.retain(b.topic, 'one')
    await c.retain(b.topic, 'two')
    await late.subscribe(b.topic, 1)
    const got = await late.take()
    expect(['two', true], [got.payload, got.retain], 'stored')
    await late.unsubscribe(b.topic)
    await c.retain(b.topic, '')
    await late.subscribe(b.topic, 1)
    expect([], await late.rest(c, b.topic), 'stored after it is cleared')
  })

  older('will', async (b) => {
    const watcher = await b.up('w', { version })
    await watcher.subscribe(b.topic, 1)
    const options = { version, will: { topic: b.topic, payload: 'will', qos: 1, retain: false } }
    await (await b.up('c', options)).gone()
    await pause(0.3)
    expect([], await watcher.rest(watcher, b.topic), 'messages at DISCONNECT')
    await (await b.up('d', options)).cut()
    expect('will', (await watcher.take()).payload, 'will')
  })

  older('session and queued messages', async (b) => {
    const [c, publisher] = [await b.up('c', { version, clean: false }), await b.up('p', { version })]
    // 3.1 has no Session Present.
    expect(false, c.present, 'Session Present of a new session')
    await c.subscribe(b.topic, 1)
    await c.gone()
    await publisher.publish(b.topic, 'waits')
    await c.open()
    expect(version === 4, c.present, 'Session Present')
    expect('waits', (await c.take()).payload, 'message')
    const clean = await b.up('c', { version })
    expect(false, clean.present, 'Session Present of a clean one')
    await publisher.publish(b.topic, 'gone')
    await clean.subscribe(`${b.topic}/x`, 1)
    expect([], await clean.rest(publisher, `${b.topic}/x`), 'messages of the old subscription')
  })

  older('takeover', async (b) => {
    const old = await b.up('c', { version })
    const newer = await b.up('c', { version })
    await old.left()
    expect(undefined, old.wire.find(({ cmd }) => cmd === 'disconnect'), 'packets that this version has not')
    await newer.subscribe(b.topic, 1)
    expect([], await newer.rest(newer, b.topic), 'messages')
  })

  older('SUBSCRIBE and UNSUBSCRIBE', async (b) => {
    const c = await b.up('c', { version })
    const filters = { [b.topic]: { qos: 0 }, [`${b.topic}/x`]: { qos: 1 }, [`${b.topic}/y`]: { qos: 2 } }
    expect([0, 1, 2], await c.subscribe(filters), 'granted')
    await c.unsubscribe([b.topic, `${b.topic}/y`])
    await c.publish(b.topic, 'gone')
    await c.publish(`${b.topic}/y`, 'gone')
    expect([], await c.rest(c, `${b.topic}/x`), 'messages')
  })

  older('PINGREQ and PINGRESP', async (b) => {
    const c = await b.up('c', { version, keepalive: 1 })
    await until('PINGRESP', () => c.closed || c.last('pingresp'))
    expect(false, c.closed, 'end of the connection')
  })
}

feature('3.1.1: user name and password', async (b) => {
  await b.up('in', { version: 4, port: 'users', username: 'anna', password: 'secret' })
  expect(4, await b.peer('out', { version: 4, port: 'users', username: 'anna', password: 'wrong' }).refused(), 'code')
})

feature('between 5.0, 3.1.1 and 3.1', async (b) => {
  const peers = []
  for (const version of [5, 4, 3]) peers.push(await b.up(String(version), { version }))
  for (const peer of peers) await peer.subscribe(b.topic, 2)
  for (const peer of peers) {
    const properties = peer.version === 5 ? { contentType: 't', userProperties: { a: 'b' } } : undefined
    await peer.publish(b.topic, `from ${peer.version}`, 2, properties)
    for (const other of peers) expect(`from ${peer.version}`, (await other.take()).payload, `message at ${other.version}`)
  }
})

// --- what mqtt.js 5.16.0 does not speak, by its source ---------------------------------------------------------------

notSpoken.push(
  ['Receive Maximum of the server, kept to', 'nothing reads what CONNACK says of it (lib/handlers/connack.js)'],
  ['Topic Alias above the maximum', '_applyTopicAlias gives an error instead of sending it'],
  ['User Properties of one name apart from each other', 'mqtt-packet holds them by name and writes those of one name together'],
  ['Reason Strings to the server in acknowledgements', 'lib/handlers/publish.js sends a code alone'],
  ['Password without User Name', 'mqtt-packet ends the connection over it (writeToStream.js)'],
)

async function main() {
  const only = new RegExp(process.env.ONLY ?? '')
  const count = { ok: 0, FAILED: 0 }
  for (const [number, [name, run]] of features.entries()) {
    if (!only.test(name)) continue
    const bench = new Bench(number)
    const started = Date.now()
    let said = 'ok'
    try {
      await run(bench)
    } catch (error) {
      said = `FAILED: ${error.message}`
    }
    bench.close()
    count[said.split(':')[0]] += 1
    const took = 'TIMES' in process.env ? ` (${(Date.now() - started) / 1000}s)` : ''
    console.log(`mqtt.js: ${name}: ${said}${took}`)
  }
  for (const [name, why] of notSpoken) console.log(`mqtt.js: ${name}: not spoken by the client: ${why}`)
  console.log(`mqtt.js: ${count.ok} ok, ${count.FAILED} FAILED, ${notSpoken.length} not spoken by the client`)
  process.exit(count.FAILED ? 1 : 0)
}

// What a client throws past its own events fails the feature that waits for it, and no other.
process.on('uncaughtException', (error) => console.error(`mqtt.js: thrown: ${error.message}`))
process.on('unhandledRejection', (error) => console.error(`mqtt.js: thrown: ${error?.message}`))
main()
