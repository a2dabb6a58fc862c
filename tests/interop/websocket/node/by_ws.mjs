// `ws`, through an agent that its program made: node by_ws.mjs wss://HOST:PORT/v1
import { randomUUID } from 'node:crypto'
import { HttpsProxyAgent } from 'https-proxy-agent'
import WebSocket from 'ws'

const agent = new HttpsProxyAgent(process.env.HTTPS_PROXY)
const ws = new WebSocket(`${process.argv[2]}/realtime?model=ws`, ['realtime'], { agent })
const say = (event) => ws.send(JSON.stringify(event))
ws.on('message', (data, isBinary) => {
  const event = JSON.parse(data)
  console.log(ws.protocol, isBinary, event.type, event.delta ?? '')
  if (event.type === 'session.created') say({ type: 'conversation.item.create', item: { id: `item_${randomUUID()}` } })
  if (event.type === 'conversation.item.added') say({ type: 'response.create' })
  if (event.type === 'response.done') ws.close(1000, 'thanks')
})
ws.on('close', (code, reason) => console.log('closed', code, String(reason)))
ws.on('error', (error) => console.log('error', error.message))
