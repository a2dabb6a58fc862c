// The Responses API over a WebSocket, by OpenAI's SDK for Node: node by_openai_responses.mjs wss://HOST:PORT/v1
import { HttpsProxyAgent } from 'https-proxy-agent'
import OpenAI from 'openai'
import { ResponsesWS } from 'openai/resources/responses/ws'

setTimeout(() => process.exit(1), 30_000).unref()
const client = new OpenAI({ baseURL: process.argv[2].replace('wss:', 'https:'), apiKey: 'sk-' + 'no-key-'.repeat(5) })
for (const model of ['gpt-5', 'gpt-5-again']) {
  const socket = new ResponsesWS(client, { agent: new HttpsProxyAgent(process.env.HTTPS_PROXY) })
  const inputs = ['Hello', 'Again']
  let before
  const ask = () => {
    const more = before ? { previous_response_id: before } : {}
    socket.send({ type: 'response.create', model, input: inputs.shift(), ...more })
  }
  for await (const { type, message, error } of socket.stream()) {
    if (type === 'open') ask()
    if (type === 'error') console.log('error', error.message)
    if (type === 'close') break
    if (type !== 'message') continue
    console.log(message.type, message.delta ?? '')
    if (message.type !== 'response.completed') continue
    before = message.response.id
    if (inputs.length) ask()
    else socket.close()
  }
}
