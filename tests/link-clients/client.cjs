// mqtt.js through the link: PORT VERSION SECONDS. A kept session publishes and receives at every QoS.
const mqtt = require('mqtt')

const [port, version, seconds] = process.argv.slice(2).map(Number)
const client = mqtt.connect(`mqtt://127.0.0.1:${port}`, {
  clientId: `js-${version}`,
  protocolVersion: version === 5 ? 5 : 4,
  clean: false,
  keepalive: 5,
  reconnectPeriod: 300,
  properties: version === 5 ? { sessionExpiryInterval: 300 } : undefined,
})
const received = new Set()
let published = 0
client.on('error', () => {})
client.on('message', (_topic, payload) => received.add(payload.toString()))
client.once('connect', () => client.subscribe('j/#', { qos: 2 }))
const every = setInterval(() => {
  client.publish('j/a', String(published), { qos: published % 3 }, () => {})
  published += 1
}, 50)
const say = () => {
  console.log('published', published, 'received', received.size)
  process.exit(0)
}
setTimeout(() => {
  clearInterval(every)
  // What is on its way gets its time.
  setTimeout(() => {
    client.end(false, say)
    setTimeout(say, 3000)
  }, 4000)
}, seconds * 1000)
