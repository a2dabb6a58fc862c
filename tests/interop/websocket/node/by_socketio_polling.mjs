// socket.io's client for JavaScript, by polling that becomes a WebSocket, and by polling alone: node by_socketio_polling.mjs wss://HOST:PORT/v1
import { HttpsProxyAgent } from 'https-proxy-agent'
import { io } from 'socket.io-client'

setTimeout(() => process.exit(1), 30_000).unref()
// an acknowledgement is a promise, an event is not: what comes at once is printed sorted
const lines = []
const say = (...words) => lines.push(words.join(' '))
const agent = new HttpsProxyAgent(process.env.HTTPS_PROXY)
for (const transports of [['polling', 'websocket'], ['polling']]) {
  const socket = io(process.argv[2].replace('wss:', 'https:').replace('/v1', ''), { agent, transports, forceNew: true })
  const done = new Promise((resolve) => socket.on('done', resolve))
  socket.on('connect_error', (error) => say('error', error.message))
  socket.on('token', ({ text }) => say('token', text))
  await new Promise((resolve) => socket.on('connect', resolve))
  while (socket.io.engine.transport.name !== transports.at(-1)) await new Promise((resolve) => setTimeout(resolve, 10))
  say('acknowledged', (await socket.emitWithAck('ask', { text: 'one two three' })).status)
  say('done', (await done).count, socket.io.engine.transport.name)
  say('bytes', await socket.emitWithAck('sound', Buffer.alloc(1000, 1)))
  socket.disconnect()
}
console.log(lines.sort().join('\n'))
