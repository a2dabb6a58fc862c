// Bedrock's bidirectional stream by AWS's SDK: a stand-in for the server, and a client that speaks by turns with it.
//     bedrock.mjs server CERT KEY           prints its port
//     bedrock.mjs client PORT CA [MESSAGE]  MESSAGE: one more in the conversation
import fs from 'fs'; import http2 from 'http2';
import { BedrockRuntimeClient, InvokeModelWithBidirectionalStreamCommand } from '@aws-sdk/client-bedrock-runtime';
import { EventStreamCodec } from '@smithy/eventstream-codec';
const [,, role, a, b, c] = process.argv;
const utf8 = {to: x => Buffer.from(x).toString('utf8'), from: x => Buffer.from(x, 'utf8')};
const codec = new EventStreamCodec(utf8.to, utf8.from);
if (role === 'server') {
  const s = http2.createSecureServer({key: fs.readFileSync(b), cert: fs.readFileSync(a)});
  s.on('stream', (st, h) => {
    st.respond({':status': 200, 'content-type': 'application/vnd.amazon.eventstream'});
    let buf = Buffer.alloc(0);
    const say = o => st.write(Buffer.from(codec.encode({headers: {':event-type': {type:'string', value:'chunk'}, ':content-type': {type:'string', value:'application/json'}, ':message-type': {type:'string', value:'event'}}, body: utf8.from(JSON.stringify({bytes: Buffer.from(JSON.stringify(o)).toString('base64')}))})));
    st.on('data', d => { buf = Buffer.concat([buf, d]); while (buf.length >= 4 && buf.length >= buf.readUInt32BE(0)) { const n = buf.readUInt32BE(0), m = codec.decode(buf.subarray(0, n)); buf = buf.subarray(n); if (!m.body.length) continue; const inner = codec.decode(m.body); const said = JSON.parse(Buffer.from(JSON.parse(utf8.to(inner.body)).bytes, 'base64').toString()); setTimeout(() => say({pong: said}), 30); } });
    st.on('end', () => setTimeout(() => { say({bye: 1}); st.end(); }, 60));
  });
  s.listen(0, '127.0.0.1', () => console.log(s.address().port));
} else {
  const cl = new BedrockRuntimeClient({region: 'us-east-1', endpoint: `https://localhost:${a}`, credentials: {accessKeyId: 'AKID'+'EXAMPLE', secretAccessKey: 'x'.repeat(20)}});
  const q = ['one','two'].concat(c?[c]:[]); let go, turn = new Promise(r=>go=r); go();
  async function* body() { for (const x of q) { await turn; turn = new Promise(r=>go=r); yield {chunk: {bytes: Buffer.from(JSON.stringify({say: x}))}}; } await turn; }
  const all = [];
  try {
    const r = await cl.send(new InvokeModelWithBidirectionalStreamCommand({modelId: 'm', body: body()}));
    for await (const e of r.body) { all.push(Buffer.from(e.chunk.bytes).toString()); go(); }
  } catch (e) { all.push(String(e)); }
  console.log(JSON.stringify(all)); process.exit(0);
}
