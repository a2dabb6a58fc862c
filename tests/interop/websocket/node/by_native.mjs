// The WebSocket of undici, which is Node's own from 22 on: node by_native.mjs wss://HOST:PORT/v1
import { randomUUID } from 'node:crypto'
import { ProxyAgent, setGlobalDispatcher, WebSocket } from 'undici'

setGlobalDispatcher(new ProxyAgent(process.env.HTTPS_PROXY))
const ws = new WebSocket(`${process.argv[2]}/realtime?model=native`, ['realtime', `openai-insecure-api-key.${'no-key-'.repeat(5)}`])
const say = (event) => ws.send(JSON.stringify(event))
ws.onmessage = ({ data }) => {
  const event = JSON.parse(data)
  console.log(ws.protocol, event.type, event.delta ?? '')
  if (event.type === 'session.created') say({ type: 'conversation.item.create', item: { id: `item_${randomUUID()}` } })
  if (event.type === 'conversation.item.added') say({ type: 'response.create' })
  if (event.type === 'response.done') ws.close(1000, 'thanks')
}
ws.onclose = ({ code, wasClean }) => console.log('closed', code, wasClean)
ws.onerror = ({ message }) => console.log('error', message)
