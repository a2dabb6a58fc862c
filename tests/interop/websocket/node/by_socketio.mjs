// socket.io's client for JavaScript, by a WebSocket alone: node by_socketio.mjs wss://HOST:PORT/v1
import { HttpsProxyAgent } from 'https-proxy-agent'
import { io } from 'socket.io-client'

setTimeout(() => process.exit(1), 30_000).unref()
// an acknowledgement is a promise, an event is not: what comes at once is printed sorted
const lines = []
const say = (...words) => lines.push(words.join(' '))
const agent = new HttpsProxyAgent(process.env.HTTPS_PROXY)
for (const forceNew of [true, true]) {
  const socket = io(process.argv[2].replace('wss:', 'https:').replace('/v1', ''), { agent, transports: ['websocket'], forceNew })
  const done = new Promise((resolve) => socket.on('done', resolve))
  socket.on('connect_error', (error) => say('error', error.message))
  socket.on('token', ({ text }) => say('token', text))
  await new Promise((resolve) => socket.on('connect', resolve))
  say('acknowledged', (await socket.emitWithAck('ask', { text: 'one two three' })).status)
  say('done', (await done).count)
  say('bytes', await socket.emitWithAck('sound', Buffer.alloc(1000, 1)))
  socket.disconnect()
}
console.log(lines.sort().join('\n'))
